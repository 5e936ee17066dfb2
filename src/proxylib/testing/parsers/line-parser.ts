import type { ByteView } from "../../../lib/bytes/byte-view.ts";
import type { Connection } from "../../connection.ts";
import { defineExtension, type Extension, type Parser } from "../../parser.ts";
import { drop, error, inject, more, nop, ParseError, pass, type Verdict } from "../../verdict.ts";

const LF = 0x0a;

/**
 * Lines that say what is to be done with them: `PASS…`, `DROP…`, `INJECT…` (a copy goes the other way, the line itself
 * is dropped), `INSERT…` (a copy goes the same way, then the line is dropped).
 */
class LineParser implements Parser {
  private readonly connection: Connection;
  /** Per direction: the copy of the line at the front has left already. */
  private readonly inserted: { request: boolean; reply: boolean } = { request: false, reply: false };

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    if (data.length === 0) return nop;
    const length = data.indexOf(LF) + 1;
    if (length === 0) return more(1);
    const side = reply ? "reply" : "request";
    const line = data.text(0, length);
    if (this.inserted[side]) {
      this.inserted[side] = false;
      return drop(length);
    }
    if (line.startsWith("PASS")) return pass(length);
    if (line.startsWith("DROP")) return drop(length);
    if (line.startsWith("INJECT")) {
      this.connection.inject(!reply, data.copy(0, length));
      return drop(length);
    }
    if (line.startsWith("INSERT")) {
      this.connection.inject(reply, data.copy(0, length));
      this.inserted[side] = true;
      return inject(length);
    }
    return error(ParseError.InvalidFrameType);
  }
}

export const lineParser: Extension = defineExtension({
  name: "test.lineparser",
  version: "1.0.0",
  fields: {},
  create: (connection) => new LineParser(connection),
});
