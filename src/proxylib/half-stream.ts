import { StreamBuffer } from "../lib/bytes/stream-buffer.ts";
import type { Direction } from "./io.ts";
import { Outlet } from "./outlet.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { UnreadHalf } from "./unread-half.ts";
import { countOf, Operation, operationOf, type Verdict } from "./verdict.ts";

/** Operations in a row that take no byte (injections) before a parser counts as looping. */
const IDLE_OPERATIONS_MAX = 64;
/**
 * Part of the bytes that may be undecided which a parser may hold with `nop` before nothing more is read. What is left is
 * for the bytes that were read already.
 */
const HELD_PART_MAX = 7 / 8;
/** Less is copied rather than have the owner of the sockets lay a whole area aside for it. */
const KEPT_BYTES_MIN = 4_096;

/**
 * One direction of a connection: its undecided bytes and the loop that carries out the parser's verdicts on them.
 *
 * - `ready`: waits for bytes. `running`: within the loop.
 * - `awaiting`: the parser answers later; bytes are kept, none is decided.
 * - `stalled`: answers of this direction's requests wait for a slow receiver; nothing is decided until they have left.
 * - `finished`: the stream has ended and its end was sent on.
 */
export class HalfStream {
  state: "ready" | "running" | "awaiting" | "stalled" | "finished" = "ready";
  /** The sender will send nothing more. */
  ended = false;
  /** The parser asked for a call without new bytes. */
  woken = false;
  /** With its verdict `nop` the parser asked for nothing more to be read before it is woken. */
  readsLater = false;
  /** What leaves. */
  readonly outlet: Outlet;

  private readonly direction: Direction;
  private readonly owner: StreamOwner;
  private readonly buffer = new StreamBuffer();
  /** Undecided bytes that must be there before the parser is called again. */
  private needed = 0;
  /** Bytes still to come that were decided already. At most one of the two is above 0. */
  private passAhead = 0;
  private dropAhead = 0;
  /** The one that is being looked at; undefined where all undecided bytes are held. */
  private chunk: Buffer | undefined;
  /** Nothing is read, and the chunk stays where it is meanwhile. */
  private chunkKept = false;
  /** The last verdict was `nop`: the parser waits for something else than bytes. */
  private idle = false;
  /** So much is held with `nop` that nothing is read until the parser is woken. */
  private full = false;

  constructor(direction: Direction, owner: StreamOwner) {
    this.direction = direction;
    this.owner = owner;
    this.outlet = new Outlet(direction, owner);
  }

  /** Takes what arrived. See `ConnectionStream.receive`. */
  receive(chunk: Buffer, endStream: boolean): void {
    if (this.state === "finished") return;
    // Read all the same: from now on the memory of the chunk before may change.
    if (this.chunkKept) this.keep();
    if (endStream) this.ended = true;
    const start = this.takeAhead(chunk);
    if (this.passAhead > 0 || this.dropAhead > 0) {
      // Within a frame that is decided: a stream that ends here was cut short by its sender.
      if (this.ended) this.finish();
      return;
    }
    this.buffer.accept(chunk, start);
    if (this.state === "ready") {
      this.chunk = chunk;
      this.loop();
    } else {
      this.chunk = chunk;
      this.keepStill();
    }
  }

  /** Goes on after a stall or a wake-up, with what is buffered. Within a decided frame the parser is called at its end. */
  resume(): void {
    if (this.passAhead > 0 || this.dropAhead > 0) this.woken = false;
    else this.loop();
  }

  /** Goes on with the verdict that a promise gave. */
  settle(verdict: Verdict): void {
    this.state = "running";
    if (this.apply(verdict)) this.loop();
    else this.pause();
  }

  /** Puts bytes from the other direction, or from outside of any call, into this one. */
  insert(bytes: Uint8Array): void {
    if (this.state === "finished") return;
    if (this.passAhead === 0) {
      this.outlet.insert(bytes);
      this.boundInjects(this.outlet.congestedLength);
      return;
    }
    this.outlet.insertLater(bytes, this.owner.limits.injectBytesPause);
    this.boundInjects(this.outlet.waitingLength);
  }

  /** Keeps bytes that the parser makes within this direction's own call, for the verdict `inject`. */
  make(bytes: Uint8Array): void {
    this.outlet.make(bytes);
    this.boundInjects(this.outlet.madeLength);
  }

  /** The other direction has ended: nothing wakes the parser any more. */
  readOn(): void {
    if (!this.readsLater) this.setFull(false);
  }

  /** Whether bytes are here, or expected from a promise, of which nobody knows yet what becomes of them. */
  get undecided(): boolean {
    return this.state !== "finished" && (this.state !== "ready" || this.buffer.length > 0);
  }

  /** Ends the direction: what is undecided is never sent on, unless everything is to pass. */
  finish(): void {
    if (this.owner.observed && this.buffer.length > 0) {
      this.owner.fail("protocol-error", "the stream ends within a frame");
      return;
    }
    this.state = "finished";
    this.owner.finished(this.direction);
    this.outlet.end();
    this.owner.unblocked(this.direction);
  }

  /** Gives everything up to somebody who decides nothing more. The owner is not open any more. */
  surrender(): UnreadHalf {
    const undecided = this.buffer.copy();
    // Gives their memory back.
    this.buffer.consume(undecided.length);
    const { passAhead, dropAhead, ended } = this;
    return new UnreadHalf(this.outlet, {
      passAhead,
      dropAhead,
      undecided,
      ended,
      finished: this.state === "finished",
    });
  }

  /** Takes the bytes that a verdict of before covers. @returns How many of the chunk. */
  private takeAhead(chunk: Buffer): number {
    if (this.passAhead > 0) return this.passAheadOf(chunk);
    const count = Math.min(this.dropAhead, chunk.length);
    this.dropAhead -= count;
    return count;
  }

  private passAheadOf(chunk: Buffer): number {
    const count = Math.min(this.passAhead, chunk.length);
    this.passAhead -= count;
    if (count < chunk.length && this.state === "ready" && this.outlet.waitingLength === 0) {
      // The end of a value: what is decided of the rest of the chunk leaves in one piece with it.
      this.outlet.pass(chunk, 0, count);
      return count;
    }
    if (count > 0) this.outlet.send(count === chunk.length ? chunk : chunk.subarray(0, count));
    if (this.passAhead === 0 && this.outlet.endFrame()) this.owner.unblocked(this.direction);
    return count;
  }

  private loop(): void {
    this.state = "running";
    let operations = 0;
    while (this.owner.open) {
      if (this.buffer.length < this.needed && !this.ended && !this.woken) break;
      if (this.owner.otherIsBlocked(this.direction)) {
        this.stall();
        return;
      }
      this.needed = 0;
      this.woken = false;
      this.readsLater = false;
      const before = this.buffer.length;
      const verdict = this.owner.callParser(this.direction, this.ended, this.buffer);
      if (typeof verdict !== "number") {
        this.awaitPromise(verdict);
        return;
      }
      if (!this.apply(verdict)) break;
      operations = this.buffer.length < before ? 0 : operations + 1;
      if (operations > IDLE_OPERATIONS_MAX) {
        this.owner.fail("parser-error", `the parser gave ${operations} verdicts in a row without taking a byte`);
        break;
      }
    }
    this.pause();
  }

  /** Carries out one verdict. @returns Whether the parser is to be called again. */
  private apply(verdict: Verdict): boolean {
    const count = countOf(verdict);
    this.idle = false;
    switch (operationOf(verdict)) {
      case Operation.Pass:
        return this.pass(count);
      case Operation.Drop:
        if (!this.owner.detached) return this.drop(count);
        this.owner.interfered();
        return this.pass(count);
      case Operation.Inject:
        return this.injectMade(count);
      case Operation.More:
        return this.waitFor(count);
      case Operation.Nop:
        this.idle = true;
        return false;
      case Operation.Error:
        this.outlet.flush();
        this.owner.fail("protocol-error", `the bytes cannot be understood (error ${count})`);
        return false;
      default:
        this.outlet.flush();
        this.owner.fail(
          "parser-error",
          "the parser gave no valid verdict (a count must be a whole number of at least 1)",
        );
        return false;
    }
  }

  private pass(count: number): boolean {
    const buffered = Math.min(count, this.buffer.length);
    const held = Math.min(buffered, this.buffer.heldLength);
    if (held > 0) {
      this.outlet.send(this.buffer.copy(0, held));
      this.buffer.consume(held);
    }
    if (this.chunk !== undefined && buffered > held) {
      const start = this.buffer.chunkOffset;
      this.buffer.consume(buffered - held);
      this.outlet.pass(this.chunk, start, this.buffer.chunkOffset);
    }
    this.passAhead = count - buffered;
    return this.passAhead === 0;
  }

  private drop(count: number): boolean {
    this.outlet.flush();
    const buffered = Math.min(count, this.buffer.length);
    this.buffer.consume(buffered);
    this.dropAhead = count - buffered;
    return this.dropAhead === 0;
  }

  private injectMade(count: number): boolean {
    const { madeLength } = this.outlet;
    if (count > madeLength) {
      this.outlet.flush();
      this.owner.fail("parser-error", `the parser injects ${count} bytes here, but made only ${madeLength}`);
      return false;
    }
    this.outlet.sendMade(count);
    this.boundInjects(this.outlet.congestedLength);
    return this.owner.open;
  }

  private waitFor(count: number): boolean {
    const needed = this.buffer.length + count;
    const { undecidedBytesMax } = this.owner.limits;
    if (needed > undecidedBytesMax) {
      this.outlet.flush();
      this.owner.fail(
        "limit",
        `a frame of at least ${needed} bytes is above the limit of ${undecidedBytesMax} undecided bytes`,
      );
    }
    this.needed = needed;
    return false;
  }

  private awaitPromise(promise: unknown): void {
    if (!isThenable(promise)) {
      this.outlet.flush();
      this.owner.fail("parser-error", `the parser gave ${typeof promise} instead of a verdict`);
      this.keep();
      return;
    }
    this.outlet.flush();
    this.keepStill();
    this.state = "awaiting";
    this.full = false;
    this.owner.setPaused(this.direction, true);
    this.owner.awaitVerdict(this.direction, promise);
  }

  private stall(): void {
    this.outlet.flush();
    this.keepStill();
    this.state = "stalled";
    this.full = false;
    this.owner.setPaused(this.direction, true);
  }

  /** Leaves the loop: sends what passed and keeps what is undecided. */
  private pause(): void {
    this.outlet.flush();
    if (this.outlet.madeLength > 0 && this.owner.open) {
      this.owner.fail(
        "parser-error",
        `the parser made ${this.outlet.madeLength} bytes for this direction without \`inject\``,
      );
    }
    const full = !this.ended && this.holdsTooMuch();
    if (full) this.keepStill();
    else this.keep();
    this.state = "ready";
    if (!this.owner.open) return;
    if (!this.ended) this.setFull(full);
    else if (!this.mayDecideMore()) this.finish();
  }

  /** The direction has ended. A parser that waits for the other one may still decide the rest; one that waits for bytes never will. */
  private mayDecideMore(): boolean {
    return this.idle && this.buffer.length > 0 && (this.woken || this.owner.otherIsOpen(this.direction));
  }

  private holdsTooMuch(): boolean {
    if (!this.idle || this.readsLater) return this.idle;
    const heldMax = this.owner.limits.undecidedBytesMax * HELD_PART_MAX;
    return this.buffer.length > heldMax && this.owner.otherIsOpen(this.direction);
  }

  private setFull(full: boolean): void {
    if (full === this.full) return;
    this.full = full;
    this.owner.setPaused(this.direction, full);
  }

  /** Keeps what is undecided while nothing is read: where it lies, if it may. */
  private keepStill(): void {
    this.bound();
    if (this.owner.open && this.mayStay()) this.outlet.release();
    else this.keep();
  }

  /** What is left of the chunk is worth it, and its memory is left alone. */
  private mayStay(): boolean {
    if (this.chunk === undefined || this.buffer.length - this.buffer.heldLength < KEPT_BYTES_MIN) return false;
    this.chunkKept ||= this.owner.keepChunk(this.direction);
    return this.chunkKept;
  }

  private keep(): void {
    this.bound();
    // A closed connection has no use for what is left of the chunk.
    if (!this.owner.open) this.buffer.consume(this.buffer.length);
    this.buffer.release();
    this.outlet.release();
    this.chunk = undefined;
    this.chunkKept = false;
  }

  private bound(): void {
    const { undecidedBytesMax } = this.owner.limits;
    if (this.owner.open && this.buffer.length > undecidedBytesMax) {
      this.owner.fail("limit", `${this.buffer.length} undecided bytes are above the limit of ${undecidedBytesMax}`);
    }
  }

  private boundInjects(byteCount: number): void {
    const { injectBytesMax } = this.owner.limits;
    if (byteCount > injectBytesMax) {
      this.owner.fail("limit", `${byteCount} injected bytes wait, the limit is ${injectBytesMax}`);
    }
  }
}

function isThenable(value: unknown): value is Promise<Verdict> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
