import { block, frame, u8, u64 } from "../wire.ts";
import type { Operation } from "./operations.ts";
import { NOP, PASS, TAKEN } from "./operations.ts";
import type { Open, OwnerFrame } from "./owner-frame.ts";
import type { Peer } from "./peer.ts";
import type { Watch } from "./watch.ts";

const WINDOW_BYTES = 65_536;
const WINDOW_FRAMES = 64;

/** One direction, as the host knows it. Offsets count from the beginning of the connection. */
class ShownHalf {
  readonly source: Peer;
  decided: number;
  shown: number;
  ended = false;
  /** Lengths of the DATA that were not taken. */
  readonly inFlight: number[] = [];
  /** DATA that came. */
  frames = 0;
  /** Where the host has said that it had decided, further than it was shown: the next DATA may begin there. */
  ahead: number[] = [];
  /** The owner knows that it is decided up to here. */
  known: number;
  /** DATA without bytes may come here; undefined: nowhere. */
  emptyAt: number | undefined;

  constructor(source: Peer, decided: number, resumed: boolean) {
    this.source = source;
    this.decided = decided;
    this.shown = decided;
    this.known = decided;
    this.emptyAt = resumed ? decided : undefined;
  }

  /** Throws where an owner must not send this. */
  take(bytes: Buffer, offset: number, end: boolean): void {
    const place = `DATA of ${bytes.length} bytes at ${offset}`;
    if (this.ended) throw new Error(`${place}, behind the end`);
    if (offset !== this.shown && !this.ahead.includes(offset)) {
      throw new Error(`${place}; the last one ended at ${this.shown}, and up to ${this.decided} was decided`);
    }
    if (offset < this.known && !(end && bytes.length === 0)) {
      throw new Error(`${place}: the owner knew that up to ${this.known} was decided`);
    }
    if (!this.source.said(offset, offset + bytes.length).equals(bytes)) {
      throw new Error(`${place} has not what the ${this.source.name} said there`);
    }
    if (bytes.length === 0 && !end) this.takeEmpty(place, offset);
    const inFlight = this.inFlight.reduce((sum, length) => sum + length, bytes.length);
    if (inFlight > WINDOW_BYTES) throw new Error(`${place}: ${inFlight} bytes are without TAKEN`);
    if (this.inFlight.length >= WINDOW_FRAMES) throw new Error(`${place}: ${WINDOW_FRAMES} DATA are without TAKEN`);
    if (end && !(this.source.ended && offset + bytes.length === this.source.length)) {
      throw new Error(`${place} says that nothing follows, and the ${this.source.name} did not`);
    }
    this.inFlight.push(bytes.length);
    this.shown = offset + bytes.length;
    this.ahead = this.ahead.filter((decided) => decided > this.shown);
    this.ended = end;
    this.frames++;
  }

  private takeEmpty(place: string, offset: number): void {
    const at = this.emptyAt;
    this.emptyAt = undefined;
    if (offset !== at) throw new Error(`${place}, where the parser need not be called`);
  }

  decide(count: number): void {
    this.decided += count;
    if (this.decided <= this.shown) return;
    this.ahead.push(this.decided);
    this.emptyAt = this.decided;
  }
}

/** A connection that an owner has opened on one stream, from the host's side. */
export class ShownConnection {
  readonly number: number;
  readonly open: Open;
  rules: number;
  isClosed = false;
  /** The host has answered OPEN. */
  isAnswered = false;
  readonly halves: readonly [ShownHalf, ShownHalf];
  private readonly watch: Watch;
  private readonly send: (bytes: Buffer) => void;
  private readonly passes = [false, false];
  private hasFailed = false;

  /** @param sides Client and server. */
  constructor(number: number, open: Open, sides: readonly [Peer, Peer], watch: Watch, send: (bytes: Buffer) => void) {
    this.number = number;
    this.open = open;
    this.rules = open.rules;
    this.watch = watch;
    this.send = send;
    const resumed = open.state !== undefined;
    this.halves = [
      new ShownHalf(sides[0], open.decided[0], resumed),
      new ShownHalf(sides[1], open.decided[1], resumed),
    ];
  }

  /** The host owes no answer. */
  get isIdle(): boolean {
    return (
      this.isClosed || this.hasFailed || (this.isAnswered && this.halves.every(({ inFlight }) => inFlight.length === 0))
    );
  }

  /** Throws where an owner must not send this. */
  take(data: OwnerFrame & { readonly type: "DATA" }): void {
    this.halves[data.direction].take(data.bytes, data.offset, data.end);
    if (this.passes[data.direction]) this.passShown(data.direction);
    else if (this.isWakeUp(data)) this.decide(data.direction, NOP, TAKEN);
  }

  opened(resumes = true): this {
    this.isAnswered = true;
    this.send(frame(0x82, this.number, u8(resumes ? 1 : 0)));
    return this;
  }

  refused(why: number, reason: string): void {
    this.isAnswered = true;
    this.hasFailed = true;
    this.send(frame(0x83, this.number, u8(why), block(reason)));
  }

  /** DECIDED. @param direction 2: outside of any call. */
  decide(direction: 0 | 1 | 2, ...operations: readonly Operation[]): void {
    this.send(this.decided(direction, ...operations));
  }

  /** DECIDED as bytes, which are as good as sent. */
  decided(direction: 0 | 1 | 2, ...operations: readonly Operation[]): Buffer {
    const half = direction === 2 ? undefined : this.halves[direction];
    const offset = half?.decided ?? 0;
    for (const { decides, takes } of operations) {
      if (decides !== undefined) half?.decide(decides);
      if (takes === true) half?.inFlight.shift();
    }
    return frame(0x84, this.number, u8(direction), u64(offset), ...operations.map(({ bytes }) => bytes));
  }

  /** As `decide`, with nothing of it believed here: no honest host would say so. */
  claim(direction: number, offset: number, ...operations: readonly Operation[]): void {
    this.send(frame(0x84, this.number, u8(direction), u64(offset), ...operations.map(({ bytes }) => bytes)));
  }

  fail(direction: 0 | 1, ...operations: readonly Operation[]): void {
    this.hasFailed = true;
    this.decide(direction, ...operations);
  }

  /** Passes on what is shown, from now on as soon as it is. */
  passAll(direction: 0 | 1): void {
    this.passes[direction] = true;
    this.passShown(direction);
  }

  /** Settles when the direction was shown up to this offset. */
  async shown(direction: 0 | 1, offset: number): Promise<void> {
    const half = this.halves[direction];
    await this.watch.until(
      () => half.shown >= offset,
      () => `DATA of direction ${direction} up to ${offset}; it is shown up to ${half.shown}`,
    );
  }

  /** Settles when so many DATA of the direction have come. */
  async framesShown(direction: 0 | 1, count: number): Promise<void> {
    const half = this.halves[direction];
    await this.watch.until(
      () => half.frames >= count,
      () => `${count} DATA of direction ${direction}; there were ${half.frames}`,
    );
  }

  async endShown(direction: 0 | 1): Promise<void> {
    await this.watch.until(
      () => this.halves[direction].ended,
      () => `DATA that ends direction ${direction}`,
    );
  }

  /** CLOSE. */
  async closed(): Promise<void> {
    await this.watch.until(
      () => this.isClosed,
      () => `CLOSE of connection ${this.number}`,
    );
  }

  /** What the host has said of it has arrived, as the check has seen: what it decided is not to be shown from now on. */
  told(): void {
    for (const half of this.halves) half.known = half.decided;
  }

  /** Comes for each direction after an OPEN that is resumed, and asks for nothing. */
  private isWakeUp({ direction, bytes, end }: OwnerFrame & { readonly type: "DATA" }): boolean {
    return this.open.state !== undefined && bytes.length === 0 && !end && this.halves[direction].frames === 1;
  }

  private passShown(direction: 0 | 1): void {
    const half = this.halves[direction];
    const count = half.shown - half.decided;
    const taken = half.inFlight.map(() => TAKEN);
    if (taken.length > 0) this.decide(direction, ...(count > 0 ? [PASS(count)] : []), NOP, ...taken);
  }
}
