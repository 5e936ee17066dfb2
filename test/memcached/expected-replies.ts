import { packet, response } from "./binary-packet.ts";
import type { GeneratedRequest } from "./generated-request.ts";
import type { MarkedServer, TEXT_END } from "./marked-server.ts";
import { DirectConnection } from "./real-exchange.ts";

/** A request that ends a stream, and its reply, which nothing else looks like. */
export type Ending = typeof TEXT_END;

export const BINARY_END: Ending = {
  bytes: packet(0x0a, { opaque: 0xfedcba98 }),
  reply: response(0x0a, { opaque: 0xfedcba98 }),
};

/** What the client must get, to the byte: the reply of a server of its own, asked one request at a time, or the denial. */
export async function expectedReplies(
  oracle: MarkedServer,
  requests: readonly GeneratedRequest[],
  end: Ending,
): Promise<string> {
  await oracle.reset();
  const connection = await DirectConnection.open(oracle.port);
  try {
    let expected = "";
    for (const request of requests) {
      if (!request.allowed) expected += request.denial;
      else expected += (await connection.ask(request.bytes + end.bytes, end.reply)).slice(0, -end.reply.length);
    }
    return expected + end.reply;
  } finally {
    connection.close();
  }
}
