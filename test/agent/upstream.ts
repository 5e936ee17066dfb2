import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { parseSocketAddress } from "../../src/lib/ip/address.ts";

/** A TCP server that sends back what it gets, for the length of one test. */
export async function startEcho(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client at one of this machine's addresses. */
export class Client {
  readonly socket: Socket;
  /** Settles when the connection has ended, well or not. */
  readonly closed: Promise<void>;
  private text = "";

  constructor(t: TestContext, target: string, localAddress: string) {
    const parsed = parseSocketAddress(target);
    if (parsed === undefined) throw new Error(`${target} is no address`);
    this.socket = connect({ host: parsed.address.toString(), port: parsed.port, localAddress });
    this.socket
      .on("error", () => {})
      .on("data", (chunk) => {
        this.text += chunk.toString("latin1");
      });
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    t.after(() => this.socket.destroy());
  }

  /** Sends a request and gives what comes back, up to and with `end`; or "closed". */
  async ask(request: string, end = "\r\n"): Promise<string> {
    this.socket.write(request);
    while (!this.text.includes(end)) {
      // Not `once`: it would reject on the error of a reset, which is an answer here.
      const more = new Promise<boolean>((resolve) => this.socket.once("data", () => resolve(true)));
      if (!(await Promise.race([more, this.closed.then(() => false)]))) return "closed";
    }
    const length = this.text.indexOf(end) + end.length;
    const answer = this.text.slice(0, length);
    this.text = this.text.slice(length);
    return answer;
  }
}

/** What one client gets for one request: the answer, or "closed". */
export async function askOnce(t: TestContext, target: string, from: string, request: string): Promise<string> {
  const client = new Client(t, target, from);
  const answer = await client.ask(request);
  client.socket.destroy();
  return answer;
}
