import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client of lines, from the address that policy knows. */
export class LineClient {
  private readonly socket: Socket;
  /** Its own, `address:port`. */
  readonly address: string;
  private text = "";
  private readonly waiting: { readonly resolve: (line: string) => void; readonly reject: (error: Error) => void }[] =
    [];
  private over: Error | undefined;
  /** Settles when weir has ended the connection. */
  readonly ended: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.address = `${socket.localAddress}:${socket.localPort}`;
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    // Not `once`, which takes a reset for a failure.
    this.ended = new Promise((resolve) => {
      socket.on("close", () => {
        this.fail(new Error("the connection was closed"));
        resolve();
      });
    });
    socket.on("end", () => this.fail(new Error("the connection was ended")));
    socket.on("data", (text: string) => this.received(text));
  }

  static async connect(listen: string): Promise<LineClient> {
    const [host, port] = listen.split(":");
    const socket = connect({ host: host as string, port: Number(port), localAddress: "127.0.1.1" });
    await once(socket, "connect");
    return new LineClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** The next line, without its end. Rejects when the connection ends. */
  line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.deliver();
    });
  }

  /** Sends a line and waits for the next one. */
  async ask(line: string): Promise<string> {
    this.send(`${line}\n`);
    return await this.line();
  }

  close(): void {
    this.socket.destroy();
  }

  private received(text: string): void {
    // Floods are read, and forgotten: nobody asks for their lines.
    this.text = (this.text + text).slice(-1_000_000);
    this.deliver();
  }

  private deliver(): void {
    while (this.waiting.length > 0) {
      const end = this.text.indexOf("\n");
      if (end < 0) {
        if (this.over !== undefined) for (const { reject } of this.waiting.splice(0)) reject(this.over);
        return;
      }
      const line = this.text.slice(0, end);
      this.text = this.text.slice(end + 1);
      this.waiting.shift()?.resolve(line);
    }
  }

  private fail(error: Error): void {
    this.over ??= error;
    this.deliver();
  }
}
