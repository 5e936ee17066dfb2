import { InjectQueue } from "./inject-queue.ts";
import type { Direction } from "./io.ts";

const NO_CHUNK = Buffer.alloc(0);

/** Takes what leaves. */
export interface Sender {
  /** @returns false: the receiver is congested. */
  send(direction: Direction, bytes: Uint8Array): boolean;
}

/**
 * What leaves in one direction, in its order: the bytes that passed, and between them those that the parser made. Whatever
 * passed of one chunk leaves in as few pieces as possible, a thousand frames in one.
 */
export class Outlet {
  /** Injected bytes could not leave at once: their receiver is slow, or a frame is under way. */
  blocked = false;
  /** Injected bytes that were sent while their receiver was slow. */
  congestedLength = 0;

  private readonly direction: Direction;
  private readonly sender: Sender;
  /** Made during this direction's own call: leave where the verdict `inject` puts them. */
  private readonly made = new InjectQueue();
  /** From elsewhere, while a frame is under way: leave behind it. */
  private readonly waiting = new InjectQueue();
  /** The part of the chunk that passed and was not sent yet. */
  private chunk: Buffer = NO_CHUNK;
  private passedStart = 0;
  private passedEnd = 0;

  constructor(direction: Direction, sender: Sender) {
    this.direction = direction;
    this.sender = sender;
  }

  /** Bytes that wait for a verdict `inject`. */
  get madeLength(): number {
    return this.made.length;
  }

  /** Bytes that wait for the end of a frame. */
  get waitingLength(): number {
    return this.waiting.length;
  }

  /** [start, end) of the chunk passed; it lies behind what passed of it before. */
  pass(chunk: Buffer, start: number, end: number): void {
    this.chunk = chunk;
    if (this.passedEnd === this.passedStart) this.passedStart = start;
    this.passedEnd = end;
  }

  /** Sends what passed of the chunk. A chunk that passed whole is sent as it is, without a copy. */
  flush(): void {
    const { passedStart, passedEnd, chunk } = this;
    if (passedStart === passedEnd) return;
    this.passedStart = passedEnd;
    const whole = passedStart === 0 && passedEnd === chunk.length;
    this.sender.send(this.direction, whole ? chunk : chunk.subarray(passedStart, passedEnd));
  }

  /** Sends bytes behind all that passed before. */
  send(bytes: Uint8Array): void {
    this.flush();
    this.sender.send(this.direction, bytes);
  }

  /** The chunk is done with: its memory may be used again. */
  release(): void {
    this.flush();
    this.chunk = NO_CHUNK;
    this.passedStart = 0;
    this.passedEnd = 0;
  }

  /** Keeps bytes for the verdict `inject`. */
  make(bytes: Uint8Array): void {
    this.made.push(bytes);
  }

  /** Sends the first `count` (at most `madeLength`) of the bytes that were made. */
  sendMade(count: number): void {
    this.flush();
    this.made.shift(count, (piece) => this.sendInjected(piece));
  }

  /** Sends bytes from elsewhere. Only between two frames. */
  insert(bytes: Uint8Array): void {
    this.flush();
    if (!this.sendInjected(bytes)) this.blocked = true;
  }

  /** The receiver takes bytes again. */
  drained(): void {
    this.blocked = false;
    this.congestedLength = 0;
  }

  /** Keeps bytes from elsewhere for the end of the frame. @param pauseAbove Bytes that may wait without blocking. */
  insertLater(bytes: Uint8Array, pauseAbove: number): void {
    this.waiting.push(bytes);
    if (this.waiting.length > pauseAbove) this.blocked = true;
  }

  /** The frame has ended: sends what waited. @returns Whether the way has become free by it. */
  endFrame(): boolean {
    if (this.waiting.length === 0) return false;
    let congested = false;
    this.waiting.shift(this.waiting.length, (piece) => {
      congested = !this.sendInjected(piece);
    });
    this.blocked = congested;
    return !congested;
  }

  private sendInjected(piece: Uint8Array): boolean {
    const free = this.sender.send(this.direction, piece);
    if (!free) this.congestedLength += piece.length;
    return free;
  }

  /** The direction has ended: what waited for the end of a frame which never came has no place to go. */
  end(): void {
    this.waiting.clear();
    this.blocked = false;
  }
}
