import type { StreamBuffer } from "../lib/bytes/stream-buffer.ts";
import { namedReasonOf } from "../lib/error.ts";
import type { ConnectionInfo } from "./connection.ts";
import { HalfStream } from "./half-stream.ts";
import { type CloseReason, type ConnectionIo, Direction } from "./io.ts";
import type { Limits } from "./limits.ts";
import type { Parser } from "./parser.ts";
import type { StreamControl } from "./parser-connection.ts";
import type { StreamMode } from "./stream-mode.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { UnreadStream } from "./unread-stream.ts";
import type { Verdict } from "./verdict.ts";

/** Wake-ups that one piece of input may cause before the parser counts as looping. */
const WAKE_UPS_MAX = 256;

/** An open connection, as the owner of its sockets drives it. */
export interface ConnectionStream {
  /**
   * Takes what arrived in a direction (also nothing, at the end).
   *
   * @param chunk Only read, and only during the call, unless `ConnectionIo.keepChunk` has promised more; parts of it may
   * have been given to `ConnectionIo.send`.
   */
  receive(direction: Direction, chunk: Buffer, endStream: boolean): void;
  /** The receiver of this direction, for which `send` gave false, takes bytes again. */
  drained(direction: Direction): void;
  /** The sockets are gone: nothing is called or sent any more. */
  closed(): void;
  /** Other identities stand behind the addresses: policy and records go by them from the next request on. */
  identify(info: ConnectionInfo): void;
  /**
   * Policy wants something else of the requests, from the next one on.
   *
   * @returns Why they cannot be judged: something passed undecided. The connection must be reset then.
   */
  setMode(mode: StreamMode): string | undefined;
}

/** How a stream begins, and whom it tells. */
export interface StreamTerms {
  readonly mode: StreamMode;
  /** The stream is observed, and from here on passes without being understood. Called at most once. */
  readonly onUnread?: () => void;
}

/** Whom a stream tells what becomes of it. */
export interface StreamConnection {
  /** Other identities stand behind the addresses. */
  identify(info: ConnectionInfo): void;
  /** The parser did what has no effect. */
  recordInterference(): void;
  /** An observed connection goes on unread. @returns The reason, in the parser's own words where it gave one. */
  recordUnread(reason: string): string;
  /** The connection ends because of an error. @returns As `recordUnread`. */
  recordFailure(reason: string, kind: CloseReason["kind"]): string;
}

/** Both directions of one connection and the parser between them: exceptions, wake-ups and the end. */
export class ParsedStream implements ConnectionStream, StreamOwner, StreamControl {
  readonly limits: Limits;
  open = true;
  observed: boolean;
  detached: boolean;

  private readonly io: ConnectionIo;
  private readonly terms: StreamTerms;
  private readonly original: HalfStream = new HalfStream(Direction.Original, this);
  private readonly reply: HalfStream = new HalfStream(Direction.Reply, this);
  private parser!: Parser;
  private connection!: StreamConnection;
  /** The direction whose `onData` is on the stack. */
  private calling: Direction | undefined;
  private depth = 0;
  /** Takes what comes once the parser was given up. */
  private unread: UnreadStream | undefined;

  /** @param terms In mode `observe` the bytes have passed already, and `io` takes none: see `ObservedStream`. */
  constructor(io: ConnectionIo, limits: Limits, terms: StreamTerms) {
    this.io = io;
    this.limits = limits;
    this.terms = terms;
    this.observed = terms.mode === "observe";
    this.detached = this.observed;
  }

  /** The parser needs the connection and the connection needs this: it gets both before the first byte. */
  attach(parser: Parser, connection: StreamConnection): void {
    this.parser = parser;
    this.connection = connection;
  }

  receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    if (!this.open) {
      this.unread?.receive(direction, chunk, endStream);
      return;
    }
    // As `guard`, without making a function for each chunk.
    this.depth++;
    try {
      this.half(direction).receive(chunk, endStream);
      if (this.depth === 1) this.wake();
    } catch (error) {
      this.parserFailed(direction, error);
    } finally {
      this.depth--;
    }
  }

  drained(direction: Direction): void {
    if (!this.open) return;
    this.half(direction).outlet.drained();
    this.unblocked(direction);
  }

  closed(): void {
    this.unread = undefined;
    if (!this.open) return;
    this.open = false;
    this.tellClosed();
  }

  identify(info: ConnectionInfo): void {
    this.connection.identify(info);
  }

  setMode(mode: StreamMode): string | undefined {
    if (mode === "observe") {
      this.observed = true;
      return undefined;
    }
    if (!this.observed) return undefined;
    const objection = this.objection();
    if (objection !== undefined) return objection;
    this.observed = false;
    this.detached = false;
    return undefined;
  }

  callParser(direction: Direction, endStream: boolean, data: StreamBuffer): Verdict | Promise<Verdict> {
    this.calling = direction;
    const verdict = this.parser.onData(direction === Direction.Reply, endStream, data);
    this.calling = undefined;
    return verdict;
  }

  send(direction: Direction, bytes: Uint8Array): boolean {
    return this.io.send(direction, bytes);
  }

  setPaused(direction: Direction, paused: boolean): void {
    this.io.setPaused(direction, paused);
  }

  keepChunk(direction: Direction): boolean {
    return this.io.keepChunk?.(direction) === true;
  }

  awaitVerdict(direction: Direction, promise: Promise<Verdict>): void {
    promise.then(
      (verdict) => {
        if (!this.open) return;
        this.io.setPaused(direction, false);
        this.guard(direction, (half) => half.settle(verdict));
      },
      (reason: unknown) => this.parserFailed(direction, reason),
    );
  }

  finished(direction: Direction): void {
    this.io.end(direction);
    // Nothing can wake a direction that waits for the one that has just ended.
    const other = this.other(direction);
    if (other.ended && other.state === "ready") other.finish();
    else other.readOn();
  }

  otherIsOpen(direction: Direction): boolean {
    return this.other(direction).state !== "finished";
  }

  otherIsBlocked(direction: Direction): boolean {
    return this.other(direction).outlet.blocked;
  }

  unblocked(direction: Direction): void {
    const other = this.other(direction);
    if (other.state !== "stalled") return;
    const source = direction === Direction.Reply ? Direction.Original : Direction.Reply;
    this.io.setPaused(source, false);
    this.guard(source, (half) => half.resume());
  }

  inject(direction: Direction, bytes: Uint8Array): void {
    if (!this.open) return;
    const half = this.half(direction);
    // Of what was made for the direction itself the verdict must find as much as it asks for.
    if (this.isOwn(direction)) half.make(bytes);
    else if (!this.detached) half.insert(bytes);
    if (this.detached) this.interfered();
  }

  /** Whether what is injected into the direction now belongs to that direction's own call, and needs a verdict. */
  isOwn(direction: Direction): boolean {
    if (this.calling !== undefined) return this.calling === direction;
    return this.half(direction).state === "awaiting";
  }

  insert(direction: Direction, bytes: Uint8Array): void {
    if (!this.open) return;
    if (this.detached) this.interfered();
    else this.half(direction).insert(bytes);
  }

  abort(kind: CloseReason["kind"], message: string): void {
    // What was decided before is decided.
    this.original.outlet.flush();
    this.reply.outlet.flush();
    this.fail(kind, message);
  }

  interfered(): void {
    this.connection.recordInterference();
  }

  readLater(direction: Direction): void {
    this.half(direction).readsLater = true;
  }

  wakeUp(direction: Direction): void {
    if (!this.open) return;
    this.half(direction).woken = true;
    if (this.depth === 0) this.guard(direction, () => undefined);
  }

  fail(kind: CloseReason["kind"], message: string): void {
    if (!this.open) return;
    this.open = false;
    this.tellClosed();
    if (!this.observed) {
      this.io.close({ kind, message: this.connection.recordFailure(message, kind) });
      return;
    }
    const reason = this.connection.recordUnread(message);
    this.terms.onUnread?.();
    if (this.detached) {
      this.io.close({ kind, message: reason });
      return;
    }
    this.unread = new UnreadStream(this.io, this.original.surrender(), this.reply.surrender());
    this.unread.begin();
  }

  /** Why the requests of a connection that was observed cannot be judged from now on. */
  private objection(): string | undefined {
    if (!this.open) return "its bytes were not understood, and passed";
    if (this.detached && (this.original.undecided || this.reply.undecided)) {
      return "a part of a request or reply had passed before it was decided";
    }
    try {
      if (this.parser.mayEnforce?.() !== false) return undefined;
      return "something had passed of which it is not sure how the server reads it";
    } catch (error) {
      return `the parser threw ${namedReasonOf(error)}`;
    }
  }

  /** Runs a step of one direction: an exception closes this connection and nothing else. Wake-ups follow the outermost step. */
  private guard(direction: Direction, step: (half: HalfStream) => void): void {
    this.depth++;
    try {
      step(this.half(direction));
      if (this.depth === 1) this.wake();
    } catch (error) {
      this.parserFailed(direction, error);
    } finally {
      this.depth--;
    }
  }

  private wake(): void {
    for (let count = 0; this.open; count++) {
      const half = this.wokenHalf();
      if (half === undefined) return;
      if (count === WAKE_UPS_MAX) {
        this.fail("parser-error", `the parser woke itself ${count} times without input`);
        return;
      }
      half.resume();
    }
  }

  private wokenHalf(): HalfStream | undefined {
    if (this.original.woken && this.original.state === "ready") return this.original;
    if (this.reply.woken && this.reply.state === "ready") return this.reply;
    return undefined;
  }

  private parserFailed(direction: Direction, reason: unknown): void {
    if (!this.open) return;
    this.calling = undefined;
    // What was decided before the exception was decided.
    this.half(direction).outlet.flush();
    this.fail("parser-error", `the parser threw ${namedReasonOf(reason)}`);
  }

  /** A parser that fails here has nothing left to fail with. */
  private tellClosed(): void {
    try {
      this.parser?.closed?.();
    } catch {
      // The connection is over.
    }
  }

  private half(direction: Direction): HalfStream {
    return direction === Direction.Original ? this.original : this.reply;
  }

  private other(direction: Direction): HalfStream {
    return direction === Direction.Original ? this.reply : this.original;
  }
}
