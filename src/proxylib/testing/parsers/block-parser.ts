import type { ByteView } from "../../../lib/bytes/byte-view.ts";
import type { Connection } from "../../connection.ts";
import { defineExtension, type Extension, type Parser } from "../../parser.ts";
import { drop, error, inject, more, nop, ParseError, pass, type Verdict } from "../../verdict.ts";

const COLON = 0x3a;
const DIGITS_MAX = 8;
/** What a block says is read from its first bytes: enough for the longest word. */
const WORD_BYTES = 6;

/**
 * Blocks `<length>:<payload>`, where the decimal length counts the whole block. The payload says what is to be done, as
 * with the line parser; `PASS` and `DROP` are decided from the first bytes, before the block is complete.
 */
class BlockParser implements Parser {
  private readonly connection: Connection;
  private readonly inserted: { request: boolean; reply: boolean } = { request: false, reply: false };

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    if (data.length === 0) return nop;
    const colon = data.indexOf(COLON);
    if (colon < 0) return data.length > DIGITS_MAX ? error(ParseError.InvalidFrameLength) : more(1);
    const digits = data.text(0, colon);
    const length = /^[0-9]{1,8}$/.test(digits) ? Number(digits) : 0;
    const header = colon + 1;
    if (length <= header) return error(ParseError.InvalidFrameLength);

    const side = reply ? "reply" : "request";
    if (this.inserted[side]) {
      this.inserted[side] = false;
      return drop(length);
    }
    const wordEnd = Math.min(length, header + WORD_BYTES);
    if (data.length < Math.min(wordEnd, header + 4)) return more(Math.min(wordEnd, header + 4) - data.length);
    const word = data.text(header, Math.min(wordEnd, data.length));
    if (word.startsWith("PASS")) return this.log("Request", "200", pass(length));
    if (word.startsWith("DROP")) return this.log("Denied", "503", drop(length));
    if (data.length < length) return more(length - data.length);
    if (word === "INJECT") {
      this.connection.inject(!reply, data.copy(0, length));
      return drop(length);
    }
    if (word === "INSERT") {
      this.connection.inject(reply, data.copy(0, length));
      this.inserted[side] = true;
      return inject(length);
    }
    return error(ParseError.InvalidFrameType);
  }

  private log(type: "Request" | "Denied", status: string, verdict: Verdict): Verdict {
    this.connection.log(type, { status });
    return verdict;
  }
}

export const blockParser: Extension = defineExtension({
  name: "test.blockparser",
  version: "1.0.0",
  fields: {},
  create: (connection) => new BlockParser(connection),
});
