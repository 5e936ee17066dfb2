import type { Port } from "../api/identity.ts";
import type { Request } from "../api/request.ts";
import { namedReasonOf } from "../lib/error.ts";
import type { Decision, RequestMatcher } from "../policy/endpoint-policy.ts";
import type { Connection, ConnectionInfo, Decided, LogFields, Peer } from "../proxylib/connection.ts";
import { ParsedStream, type StreamConnection } from "../proxylib/connection-stream.ts";
import { InjectQueue } from "../proxylib/inject-queue.ts";
import { type CloseReason, type ConnectionIo, Direction } from "../proxylib/io.ts";
import { KeptRequest, numberOf } from "../proxylib/kept-request.ts";
import type { Limits } from "../proxylib/limits.ts";
import type { Parser } from "../proxylib/parser.ts";
import { decidedOf } from "../proxylib/parser-connection.ts";
import { error, type ParseError, type Verdict } from "../proxylib/verdict.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { DecidedSource, HostOutput } from "./host-output.ts";
import type { HostedHalf } from "./hosted-half.ts";
import { HostedParser, type VerdictSink } from "./hosted-parser.ts";
import { numbersOf } from "./hosted-rules.ts";
import {
  FAILURES,
  FIELDS_BYTES_MAX,
  INJECT_BYTES_MAX,
  LogFlag,
  NO_CALL,
  Op,
  RECORD_TYPES,
  STATE_BYTES_MAX,
} from "./protocol.ts";
import { ProtocolViolation } from "./violation.ts";

const NO_FIELDS: LogFields = Object.freeze({});
const NOT_ASKED: Decision = Object.freeze({ allowed: true, audited: false, origin: undefined });
const NOTHING = Buffer.alloc(0);
/** A parser that remembers no more is asked after every call, not only at the end of a run: then nothing is ever lost. */
const SMALL_STATE_BYTES = 256;
/** The engine of the host moves no bytes: the owner does. */
const NO_IO: ConnectionIo = {
  send: () => true,
  end: () => undefined,
  setPaused: () => undefined,
  close: () => undefined,
};

/** What OPEN says of a connection. */
export interface HostedTerms {
  readonly number: number;
  readonly info: ConnectionInfo;
  readonly observed: boolean;
  readonly matcher: RequestMatcher;
  /** Bytes of each direction that were decided before. */
  readonly decided: readonly [original: number, reply: number];
}

/** A connection as its parser sees it in the host. What the parser does is told to the owner in the order in which it does it. */
export class HostedConnection implements Connection, StreamConnection, VerdictSink, DecidedSource {
  readonly number: number;
  readonly id: number;
  readonly ingress: boolean;
  source: Peer;
  destination: Peer;
  readonly policyName: string;
  readonly port: Port;
  readonly proto: string;
  readonly config: Readonly<Record<string, string>>;
  observed: boolean;

  private readonly output: HostOutput;
  private readonly stream: ParsedStream;
  private readonly halves: readonly [HostedHalf, HostedHalf];
  private parser!: Parser;
  private matcher!: RequestMatcher;
  private matcherNumber!: number;
  private decision: Decision = NOT_ASKED;
  private failure: { code: number; reason: string; fields: LogFields } | undefined;
  /** The direction whose `onData` is on the stack. */
  private calling: HostedHalf | undefined;
  /** Works on DATA. */
  private receiving = false;
  /** Something was told since the owner knows what the parser remembers. */
  private unsaved = false;
  /** The parser has answered later once: it is asked what it remembers after every call, as any run may end with a promise. */
  private promised = false;
  private saved: Uint8Array = NOTHING;
  private objects = false;

  constructor(terms: HostedTerms, output: HostOutput, limits: Limits) {
    const { info } = terms;
    this.number = terms.number;
    this.id = info.id;
    this.ingress = info.ingress;
    this.source = info.source;
    this.destination = info.destination;
    this.policyName = info.policyName;
    this.port = info.port;
    this.proto = info.proto;
    this.config = info.config;
    this.observed = terms.observed;
    this.output = output;
    this.stream = new ParsedStream(NO_IO, limits, { mode: "enforce" });
    this.halves = [halfOf(Direction.Original, terms.decided[0]), halfOf(Direction.Reply, terms.decided[1])];
    this.use(terms.matcher);
  }

  // What the session calls.

  /** @param saved What the parser was restored from. */
  attach(parser: Parser, saved: Uint8Array | undefined): void {
    this.parser = parser;
    if (saved !== undefined) this.saved = saved;
    this.stream.attach(new HostedParser(parser, this), this);
  }

  use(matcher: RequestMatcher): void {
    this.matcher = matcher;
    this.matcherNumber = numberOf(matcher);
  }

  /** @param offset Of the first byte, from the beginning of the connection. @param bytes Valid during the call. */
  receive(direction: Direction, offset: number, bytes: Buffer, endStream: boolean): void {
    if (!this.stream.open) return;
    const half = this.halves[direction];
    if (offset !== half.received && !(half.ahead && offset === half.decided)) {
      throw new ProtocolViolation(`bytes from ${offset} on, where ${half.received} was expected`);
    }
    half.received = offset + bytes.length;
    const covered = half.ahead ? Math.min(half.decided - offset, bytes.length) : 0;
    this.receiving = true;
    if (!half.ahead || half.received >= half.decided) {
      half.ahead = false;
      this.stream.receive(direction, covered === 0 ? bytes : bytes.subarray(covered), endStream);
    }
    this.receiving = false;
    if (!this.stream.open) return;
    this.output.decided(this, direction).u8(Op.Taken);
    this.runEnded();
  }

  /** The owner has no such connection any more. */
  closed(): void {
    this.stream.closed();
  }

  /** The connection cannot go on, whatever the parser thinks of it. */
  abort(reason: string): void {
    this.stream.abort("parser-error", reason);
  }

  // What the parser calls.

  matches(request: Request | KeptRequest): boolean {
    const { matcher } = this;
    const decision =
      request instanceof KeptRequest ? request.decidedBy(matcher, this.matcherNumber) : matcher.match(request);
    this.decision = decision;
    return decision.allowed || this.observed;
  }

  get audited(): boolean {
    return this.decision.audited || (!this.decision.allowed && this.observed);
  }

  get decided(): Decided {
    return decidedOf(this.decision);
  }

  log(type: "Request" | "Response" | "Denied", fields: LogFields, decided: Decided = this.decided): void {
    if (!this.stream.open) return;
    const decision = decided as unknown as Decision;
    const { rules, decision: number } = numbersOf(decision);
    // Extensions may be plain JavaScript, where anything may be handed in.
    if (typeof fields !== "object" || fields === null) throw new TypeError("log takes fields: {name: text}");
    const text = JSON.stringify(fields);
    if (text.length > FIELDS_BYTES_MAX / 3 && Buffer.byteLength(text) > FIELDS_BYTES_MAX) {
      throw new RangeError(`the fields of a record take more than ${FIELDS_BYTES_MAX} bytes`);
    }
    const flags = (decision.allowed ? LogFlag.Allowed : 0) | (decision.audited ? LogFlag.Audited : 0);
    this.tell().u8(Op.Log).u8(RECORD_TYPES.indexOf(type)).u8(flags).u32(rules).u32(number).text(text);
  }

  inject(reply: boolean, bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("inject takes bytes: use Buffer.from(text)");
    if (bytes.length === 0 || !this.stream.open) return;
    const direction = reply ? Direction.Reply : Direction.Original;
    if (this.stream.isOwn(direction)) {
      this.halves[direction].made.push(bytes);
      this.stream.inject(direction, bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += INJECT_BYTES_MAX) {
      this.tell()
        .u8(Op.Insert)
        .u8(direction)
        .block(bytes.subarray(at, at + INJECT_BYTES_MAX));
    }
  }

  wakeUp(reply: boolean): void {
    this.stream.wakeUp(reply ? Direction.Reply : Direction.Original);
    if (this.calling === undefined && !this.receiving) this.runEnded();
  }

  fail(code: ParseError, reason: string, fields: LogFields = NO_FIELDS): Verdict {
    this.failure = { code, reason, fields };
    return error(code);
  }

  // What the engine calls.

  identify(): void {
    // The session replaces `source` and `destination` itself.
  }

  recordInterference(): void {
    // The owner's engine knows whether what the parser does has an effect.
  }

  recordUnread(reason: string): string {
    return reason;
  }

  recordFailure(reason: string, kind: CloseReason["kind"]): string {
    const { code, reason: told, fields } = this.failure ?? { code: 1, reason, fields: NO_FIELDS };
    const text = JSON.stringify({ reason: told, fields });
    this.calling = undefined;
    const number = Math.max(1, FAILURES.indexOf(kind as "limit"));
    const fits = Buffer.byteLength(text) <= FIELDS_BYTES_MAX;
    // With what was decided before, in one frame: a part of it alone would say that the connection goes on.
    this.current()
      .u8(Op.Fail)
      .u8(number)
      .u8(code)
      .text(fits ? text : JSON.stringify({ reason: told.slice(0, 1024), fields: NO_FIELDS }));
    this.output.endDecided();
    return told;
  }

  // What comes of each call of the parser.

  get open(): boolean {
    return this.stream.open;
  }

  half(reply: boolean): HostedHalf {
    return this.halves[reply ? Direction.Reply : Direction.Original];
  }

  entered(half: HostedHalf): void {
    // What was told of the other direction's run is whole.
    if (this.output.isOpen(this) && !this.output.isOpen(this, half.direction)) this.runEnded();
    this.calling = half;
  }

  passed(half: HostedHalf, count: number): void {
    this.tell(half).u8(Op.Pass).u64(count);
    half.decided += count;
  }

  dropped(half: HostedHalf, count: number): void {
    this.tell(half).u8(Op.Drop).u64(count);
    half.decided += count;
  }

  injected(half: HostedHalf, count: number): void {
    half.made.shift(count, (piece) => {
      for (let at = 0; at < piece.length; at += INJECT_BYTES_MAX) {
        this.tell(half)
          .u8(Op.Inject)
          .block(piece.subarray(at, at + INJECT_BYTES_MAX));
      }
    });
  }

  asked(half: HostedHalf, offset: number): void {
    this.output.decided(this, half.direction).u8(Op.More).u64(offset);
  }

  idled(half: HostedHalf): void {
    this.output.decided(this, half.direction).u8(Op.Nop);
  }

  waited(half: HostedHalf): void {
    this.calling = undefined;
    this.promised = true;
    this.output.decided(this, half.direction).u8(Op.Wait);
  }

  called(): void {
    this.calling = undefined;
    if (this.promised || this.saved.length <= SMALL_STATE_BYTES) this.save();
    if (this.output.isLong && this.output.isOpen(this)) this.runEnded();
  }

  runEnded(): void {
    if (!this.stream.open || !this.output.isOpen(this)) return;
    this.finish();
    this.output.endDecided();
  }

  // What is told to the owner.

  decidedOf(direction: number): number {
    return direction === NO_CALL ? 0 : this.halves[direction as Direction].decided;
  }

  finish(): void {
    if (!this.stream.open) return;
    if (this.observed) this.tellObjection();
    this.save();
  }

  /** Where the next operation that cannot be taken back is written. */
  private tell(half: HostedHalf | undefined = this.calling): FrameWriter {
    this.unsaved = true;
    return this.output.decided(this, half === undefined ? NO_CALL : half.direction);
  }

  private tellObjection(): void {
    let objects = true;
    try {
      objects = this.parser.mayEnforce?.() === false;
    } catch {
      // Who cannot say is not sure.
    }
    if (objects === this.objects) return;
    this.objects = objects;
    this.current()
      .u8(Op.Objects)
      .u8(objects ? 1 : 0);
  }

  /** Tells what the parser remembers, if it can be asked now. */
  private save(): void {
    if (!this.unsaved || this.parser.snapshot === undefined) return;
    const [original, reply] = this.halves;
    if (original.waits || reply.waits || original.made.length > 0 || reply.made.length > 0) return;
    let state: Uint8Array;
    try {
      state = this.parser.snapshot();
      if (!(state instanceof Uint8Array)) throw new TypeError("a snapshot is bytes: use Buffer.from(text)");
    } catch (thrown) {
      this.abort(`the parser's snapshot threw ${namedReasonOf(thrown)}`);
      return;
    }
    if (state.length > STATE_BYTES_MAX) return;
    this.unsaved = false;
    if (Buffer.compare(state, this.saved) === 0) {
      this.current().u8(Op.Same);
      return;
    }
    // A copy: the parser may use its memory again.
    this.saved = Uint8Array.from(state);
    this.current().u8(Op.State).block(state);
  }

  private current(): FrameWriter {
    return this.output.current(this);
  }
}

function halfOf(direction: Direction, decided: number): HostedHalf {
  return { direction, decided, received: decided, ahead: false, waits: false, made: new InjectQueue() };
}
