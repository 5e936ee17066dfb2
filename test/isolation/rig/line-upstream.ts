import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A server of lines: answers each with `re ` before it, and keeps every byte that it gets. */
export class LineUpstream {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** What each connection has sent, in the order in which they came. */
  readonly received: { text: string }[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on("connection", (socket) => this.serve(socket));
  }

  static async listen(address: string): Promise<LineUpstream> {
    const server = createServer();
    server.listen(0, address);
    await once(server, "listening");
    return new LineUpstream(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** All that came on the connection whose first line is this. */
  receivedFrom(firstLine: string): string {
    return this.received.find(({ text }) => text.startsWith(firstLine))?.text ?? "";
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    const connection = { text: "" };
    let answered = 0;
    this.received.push(connection);
    this.sockets.add(socket);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (text: string) => {
      connection.text += text;
      for (let end = connection.text.indexOf("\n", answered); end >= 0; end = connection.text.indexOf("\n", answered)) {
        socket.write(`re ${connection.text.slice(answered, end + 1)}`);
        answered = end + 1;
      }
    });
  }
}
