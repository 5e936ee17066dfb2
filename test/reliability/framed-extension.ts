// The third-party extension of the kill battery: a protocol of frames with a key, see load/framed.ts. It remembers which
// answers it owes, and gives that away in its snapshot, so that connections outlive its process.
import {
  type ByteView,
  type Connection,
  defineExtension,
  drop,
  inject,
  type LogFields,
  more,
  nop,
  ParseError,
  type Parser,
  pass,
  type Verdict,
} from "weir/proxylib";

const HEADER_BYTES = 6;
const REPLY_HEADER_BYTES = 5;
const SEALED = 3;
const LATER = 4;
/** What is not decided yet must fit into what the engine holds. */
const SEALED_BYTES_MAX = 500_000;
const DENIED: Uint8Array = Buffer.concat([Buffer.from([0, 0, 0, 6, 1]), Buffer.from("denied")]);
/** More are not outstanding: further requests wait. */
const OWED_MAX = 4_096;

class FramedParser implements Parser {
  private readonly connection: Connection;
  /** One for each request without its answer, the oldest first: 1 where the server's is expected, 0 for one that was denied. */
  private readonly owed: number[];

  constructor(connection: Connection, owed: readonly number[] = []) {
    this.connection = connection;
    this.owed = [...owed];
  }

  onData(reply: boolean, _endStream: boolean, data: ByteView): Verdict | Promise<Verdict> {
    return reply ? this.onReply(data) : this.onRequest(data);
  }

  snapshot(): Uint8Array {
    return Uint8Array.from(this.owed);
  }

  private onRequest(data: ByteView): Verdict | Promise<Verdict> {
    if (data.length < HEADER_BYTES) return more(HEADER_BYTES - data.length);
    if (this.owed.length >= OWED_MAX) return nop;
    const rest = word(data);
    const kind = data.at(4);
    const keyBytes = data.at(5);
    if (kind < 1 || kind > LATER || keyBytes > rest)
      return this.connection.fail(ParseError.InvalidFrameType, "not a frame");
    if (kind === SEALED && rest > SEALED_BYTES_MAX)
      return this.connection.fail(ParseError.InvalidFrameLength, "a sealed frame is too long");
    // Of a sealed frame the key comes last; of the others, the body, which is never shown.
    const needed = HEADER_BYTES + (kind === SEALED ? rest : keyBytes);
    if (data.length < needed) return more(needed - data.length);
    const key = data.text(needed - keyBytes, needed);
    const length = HEADER_BYTES + rest;
    if (kind !== LATER) return this.decide(key, kind, length);
    return new Promise((resolve) => setImmediate(() => resolve(this.decide(key, kind, length))));
  }

  private decide(key: string, kind: number, length: number): Verdict {
    const allowed = this.connection.matches({ key });
    const fields: LogFields = { key, kind: String(kind) };
    this.connection.log(allowed ? "Request" : "Denied", fields);
    this.owed.push(allowed ? 1 : 0);
    if (allowed) return pass(length);
    // Where nothing is outstanding before it, the answer leaves now.
    if (this.owed.length === 1) this.connection.wakeUp(true);
    return drop(length);
  }

  private onReply(data: ByteView): Verdict {
    if (this.owed[0] === 0) {
      this.owed.shift();
      if (this.owed.length === OWED_MAX - 1) this.connection.wakeUp(false);
      this.connection.inject(true, DENIED);
      return inject(DENIED.length);
    }
    if (data.length === 0) return nop;
    if (data.length < REPLY_HEADER_BYTES) return more(REPLY_HEADER_BYTES - data.length);
    if (this.owed.shift() === undefined) return this.connection.fail(ParseError.InvalidFrameType, "nobody asked");
    if (this.owed.length === OWED_MAX - 1) this.connection.wakeUp(false);
    return pass(REPLY_HEADER_BYTES + word(data));
  }
}

/** The first four bytes, as a number. */
function word(data: ByteView): number {
  return ((data.at(0) << 24) | (data.at(1) << 16) | (data.at(2) << 8) | data.at(3)) >>> 0;
}

export default defineExtension({
  name: "framed",
  version: "1.0.0",
  fields: { key: { prefix: true } },
  create: (connection) => new FramedParser(connection),
  restore: (connection, state) => new FramedParser(connection, [...state]),
});
