import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** Both ends of one connection on loopback, ended with the test. */
export interface SocketPair {
  /** Accepted; paused until somebody reads it. */
  readonly near: Socket;
  readonly far: Socket;
}

export async function socketPair(t: TestContext): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => far.destroy());
  const [near] = (await once(server, "connection")) as [Socket];
  t.after(() => near.destroy());
  near.on("error", () => undefined);
  return { near, far };
}
