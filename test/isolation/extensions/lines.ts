import { type ByteView, type Connection, drop, inject, more, type Parser, pass, type Verdict } from "weir/proxylib";

const LF = Buffer.from("\n");
const DENIED = Buffer.from("denied\n");

/** Lines: those that policy allows pass, the others are dropped and answered. Replies pass line by line. */
export class LinesParser implements Parser {
  protected readonly connection: Connection;
  private denied = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict | Promise<Verdict> {
    if (reply && this.denied > 0) {
      this.denied--;
      this.connection.inject(true, DENIED);
      return inject(DENIED.length);
    }
    const end = data.indexOf(LF);
    if (end < 0) return more(1);
    if (reply) return pass(end + 1);
    return this.onLine(data.text(0, end), end + 1);
  }

  protected onLine(line: string, length: number): Verdict | Promise<Verdict> {
    const allowed = this.connection.matches({ line });
    this.connection.log(allowed ? "Request" : "Denied", { line });
    if (allowed) return pass(length);
    this.denied++;
    this.connection.wakeUp(true);
    return drop(length);
  }
}

export const fields = { line: { prefix: true } } as const;
