import type { ByteView } from "../../../lib/bytes/byte-view.ts";
import type { Connection } from "../../connection.ts";
import { defineExtension, type Extension, type Parser } from "../../parser.ts";
import { drop, more, nop, pass, type Verdict } from "../../verdict.ts";

const LF = 0x0a;

/** Lines that policy judges by how they begin and end and by what they contain; a denied one is answered with `Line dropped: …`. */
class HeaderParser implements Parser {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    if (data.length === 0) return nop;
    if (reply) return pass(data.length);
    const length = data.indexOf(LF) + 1;
    if (length === 0) return more(1);
    const line = data.text(0, length);
    const text = line.trim();
    if (this.connection.matches({ prefix: text, contains: text, suffix: text })) {
      this.connection.log("Request", { status: "PASS" });
      return pass(length);
    }
    this.connection.log("Denied", { status: "DROP" });
    this.connection.inject(true, Buffer.from(`Line dropped: ${line}`));
    return drop(length);
  }
}

export const headerParser: Extension = defineExtension({
  name: "test.headerparser",
  version: "1.0.0",
  fields: { prefix: { prefix: true }, contains: { regex: true }, suffix: { regex: true } },
  create: (connection) => new HeaderParser(connection),
});
