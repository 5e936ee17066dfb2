// A third-party extension as somebody would write it who needs no more than `get <key>` and `set` of memcached's text
// protocol, with plain string work. The benchmark runs the same file in weir's own process and in a process of its own,
// so that what differs is the way there and back.
import {
  type ByteView,
  type Connection,
  defineExtension,
  drop,
  inject,
  more,
  ParseError,
  type Parser,
  pass,
  type Verdict,
} from "weir/proxylib";

const CRLF = Buffer.from("\r\n");
const DENIED = Buffer.from("CLIENT_ERROR access denied\r\n");
const LINE_BYTES_MAX = 2_048;
/** Requests of one connection whose answers are still to come. */
const OUTSTANDING_MAX = 65_536;

const GET = /^get ([\x21-\x7e]{1,250})$/;
const SET = /^set ([\x21-\x7e]{1,250}) \d{1,10} \d{1,10} (\d{1,9})$/;
const VALUE = /^VALUE [\x21-\x7e]{1,250} \d{1,10} (\d{1,9})$/;

/** A request whose answer is to come: from the server, or from us because it was denied. */
type Outstanding = "get" | "set" | "denied";

class GetAndSetParser implements Parser {
  private readonly connection: Connection;
  private readonly outstanding: Outstanding[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict {
    if (reply && this.outstanding[0] === "denied") {
      this.outstanding.shift();
      this.connection.inject(true, DENIED);
      return inject(DENIED.length);
    }
    const end = data.indexOf(CRLF);
    if (end < 0 && data.length < LINE_BYTES_MAX) return more(1);
    if (end < 0 || end > LINE_BYTES_MAX)
      return this.connection.fail(ParseError.InvalidFrameLength, "a line is too long");
    const line = data.text(0, end);
    return reply ? this.onReply(line, end + CRLF.length) : this.onRequest(line, end + CRLF.length);
  }

  private onRequest(line: string, length: number): Verdict {
    const get = GET.exec(line);
    if (get !== null) return this.judge("get", get[1] as string, length);
    const set = SET.exec(line);
    // The value is passed or dropped with its line: nobody needs to look at it.
    if (set !== null) return this.judge("set", set[1] as string, length + Number(set[2]) + CRLF.length);
    return this.connection.fail(
      ParseError.InvalidFrameType,
      "neither `get <key>` nor `set <key> <flags> <time> <bytes>`",
    );
  }

  private judge(command: "get" | "set", key: string, length: number): Verdict {
    if (this.outstanding.length >= OUTSTANDING_MAX) {
      return this.connection.fail(ParseError.InvalidFrameLength, "too many requests without an answer");
    }
    const fields = { command, key };
    if (this.connection.matches(fields)) {
      this.connection.log("Request", fields);
      this.outstanding.push(command);
      return pass(length);
    }
    this.connection.log("Denied", fields);
    // Answers come in the order of the requests.
    if (this.outstanding.length > 0) this.outstanding.push("denied");
    else this.connection.inject(true, DENIED);
    return drop(length);
  }

  private onReply(line: string, length: number): Verdict {
    const [request] = this.outstanding;
    if (request === undefined) {
      return this.connection.fail(ParseError.InvalidFrameType, "an answer that nothing asked for");
    }
    const value = request === "get" ? VALUE.exec(line) : null;
    // END follows behind the value.
    if (value !== null) return pass(length + Number(value[1]) + CRLF.length);
    this.outstanding.shift();
    return pass(length);
  }
}

export default defineExtension({
  name: "get-and-set",
  version: "1.0.0",
  fields: { command: { oneOf: ["get", "set"] }, keyPrefix: { prefix: true, of: "key" } },
  create: (connection) => new GetAndSetParser(connection),
});
