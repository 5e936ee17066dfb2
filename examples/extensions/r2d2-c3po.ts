// The worked example of an extension: droids may say anything but "C-3PO". It takes no rules from policy.
//
//   extensions: [./extensions/r2d2-c3po.ts]       in weir.yaml
//   rules: {l7proto: r2d2-c3po, l7: [{}]}         in a policy
import {
  type ByteView,
  type Connection,
  defineExtension,
  drop,
  more,
  type Parser,
  pass,
  type Verdict,
} from "weir/proxylib";

const CRLF = Buffer.from("\r\n");
const DENIED = Buffer.from("ERROR\r\n");
const NOTHING = Buffer.alloc(0);

class DroidParser implements Parser {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    // One line is one request. Without its end we cannot decide: ask for at least one more byte.
    const end = data.indexOf(CRLF);
    if (end < 0) return more(1);
    const length = end + CRLF.length;

    // What the server answers is passed on line by line.
    if (reply) return pass(length);

    const [command = "", file = ""] = data.text(0, end).split(" ");
    const fields = { cmd: command, file };
    // `matches` asks the policy. This extension declares no fields, so a policy can only say yes or no as a whole.
    if (this.connection.matches({}) && !data.includes("C-3PO", 0, end)) {
      this.connection.log("Request", fields);
      return pass(length);
    }

    // These are the droids we are looking for: the server never sees the line, the client gets an answer.
    this.connection.log("Denied", fields);
    this.connection.inject(true, DENIED);
    return drop(length);
  }

  /** What another parser needs to go on here: nothing, since every line stands for itself. */
  snapshot(): Uint8Array {
    return NOTHING;
  }
}

export default defineExtension({
  name: "r2d2-c3po",
  version: "1.0.0",
  fields: {},
  create: (connection) => new DroidParser(connection),
  // Should the extension's process end, its connections go on in the next one.
  restore: (connection) => new DroidParser(connection),
});
