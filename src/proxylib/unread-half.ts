import type { Outlet } from "./outlet.ts";

const NOTHING = Buffer.alloc(0);

/** What one direction leaves behind when nobody decides on it any more. */
export interface Remainder {
  /** Bytes to come that were decided already. At most one of the two is above 0, and then nothing is undecided. */
  readonly passAhead: number;
  readonly dropAhead: number;
  /** Of its own: not part of any chunk. */
  readonly undecided: Buffer;
  /** The sender will send nothing more. */
  readonly ended: boolean;
  /** Its end was sent on. */
  readonly finished: boolean;
}

/**
 * One direction whose parser was given up: what had been decided is carried out to its end, and everything behind it
 * passes unread.
 */
export class UnreadHalf {
  private readonly outlet: Outlet;
  private undecided: Buffer;
  private readonly ended: boolean;
  private passAhead: number;
  private dropAhead: number;
  private finished: boolean;

  constructor(outlet: Outlet, remainder: Remainder) {
    this.outlet = outlet;
    this.undecided = remainder.undecided;
    this.ended = remainder.ended;
    this.passAhead = remainder.passAhead;
    this.dropAhead = remainder.dropAhead;
    this.finished = remainder.finished;
  }

  /** Sends what waited. @returns Whether the direction has come to its end by it. */
  begin(): boolean {
    if (this.finished) return false;
    const { undecided } = this;
    this.undecided = NOTHING;
    // Placed by the parser before the undecided bytes, and perhaps sent in part.
    this.outlet.sendMade(this.outlet.madeLength);
    if (undecided.length > 0) this.outlet.send(undecided);
    return this.ended && this.finish();
  }

  /** @returns Whether the direction has come to its end. */
  receive(chunk: Buffer, endStream: boolean): boolean {
    if (this.finished) return false;
    const start = this.takeAhead(chunk);
    if (start < chunk.length) this.outlet.send(start === 0 ? chunk : chunk.subarray(start));
    return endStream && this.finish();
  }

  private takeAhead(chunk: Buffer): number {
    if (this.dropAhead > 0) {
      const dropped = Math.min(this.dropAhead, chunk.length);
      this.dropAhead -= dropped;
      return dropped;
    }
    if (this.passAhead === 0) return 0;
    const passed = Math.min(this.passAhead, chunk.length);
    this.passAhead -= passed;
    if (passed > 0) this.outlet.send(chunk.subarray(0, passed));
    // What was injected meanwhile has its place behind the frame.
    if (this.passAhead === 0) this.outlet.endFrame();
    return passed;
  }

  private finish(): true {
    this.finished = true;
    this.outlet.end();
    return true;
  }
}
