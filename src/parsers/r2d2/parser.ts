import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import type { Extension, Parser } from "../../proxylib/parser.ts";
import { drop, more, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { LINE_BYTES_MAX, lineLength } from "./frame.ts";
import { parseRequest } from "./request.ts";
import { declaration } from "./rule.ts";

const DENIED = Buffer.from("ERROR\r\n");
const NOTHING = Buffer.alloc(0);

/** The droid's protocol: one line, one request. A denied one is answered with ERROR; replies pass line by line. */
class R2d2Parser implements Parser {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    const length = lineLength(data);
    if (length === "incomplete") return more(1);
    if (length === "too-long") {
      return this.connection.fail(ParseError.InvalidFrameLength, `a line is longer than ${LINE_BYTES_MAX} bytes`);
    }
    if (reply) return pass(length);

    const request = parseRequest(data.text(0, length - 2));
    const fields = { cmd: request.cmd, file: request.file ?? "" };
    if (this.connection.matches(request)) {
      this.connection.log("Request", fields);
      return pass(length);
    }
    this.connection.log("Denied", fields);
    this.connection.inject(true, DENIED);
    return drop(length);
  }

  /** Every line stands for itself. */
  snapshot(): Uint8Array {
    return NOTHING;
  }
}

export const r2d2: Extension = {
  ...declaration,
  create: (connection) => new R2d2Parser(connection),
  restore: (connection) => new R2d2Parser(connection),
};
