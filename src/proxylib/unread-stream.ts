import { type ConnectionIo, Direction } from "./io.ts";
import type { UnreadHalf } from "./unread-half.ts";

/** Both directions of a connection whose parser was given up: everything passes. */
export class UnreadStream {
  private readonly io: ConnectionIo;
  private readonly original: UnreadHalf;
  private readonly reply: UnreadHalf;

  constructor(io: ConnectionIo, original: UnreadHalf, reply: UnreadHalf) {
    this.io = io;
    this.original = original;
    this.reply = reply;
  }

  /** Sends what waited for the parser, and reads on where it had made the stream wait. */
  begin(): void {
    for (const direction of [Direction.Original, Direction.Reply]) {
      if (this.half(direction).begin()) this.io.end(direction);
      this.io.setPaused(direction, false);
    }
  }

  receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    if (this.half(direction).receive(chunk, endStream)) this.io.end(direction);
  }

  private half(direction: Direction): UnreadHalf {
    return direction === Direction.Original ? this.original : this.reply;
  }
}
