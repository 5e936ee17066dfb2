import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly type?: string;
  readonly body?: string;
  /** Says that the body has so many bytes, and sends none: the agent judges by what is said. */
  readonly claimedBytes?: number;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Without parameters. */
  readonly type: string;
  readonly text: string;
}

/** One request to an agent's socket, as any program would send it. */
export async function call(
  socketPath: string,
  { method, path, type, body, claimedBytes, accept, signal }: Call,
): Promise<Answer> {
  const outgoing = request({
    socketPath,
    method,
    path,
    agent: false,
    headers: {
      ...(type === undefined ? {} : { "content-type": type }),
      ...(accept === undefined ? {} : { accept }),
      ...(claimedBytes === undefined ? {} : { "content-length": claimedBytes }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  if (claimedBytes === undefined) outgoing.end(body);
  else outgoing.flushHeaders();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  outgoing.destroy();
  return {
    status: response.statusCode ?? 0,
    type: (response.headers["content-type"] ?? "").split(";")[0] as string,
    text: Buffer.concat(chunks).toString("utf8"),
  };
}
