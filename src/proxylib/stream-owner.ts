import type { StreamBuffer } from "../lib/bytes/stream-buffer.ts";
import type { CloseReason, Direction } from "./io.ts";
import type { Limits } from "./limits.ts";
import type { Sender } from "./outlet.ts";
import type { Verdict } from "./verdict.ts";

/** What one direction needs of its connection. */
export interface StreamOwner extends Sender {
  readonly limits: Limits;
  /** false once the connection was closed. */
  readonly open: boolean;
  /** Nothing is refused: what is not understood passes unread. */
  readonly observed: boolean;
  /** The bytes have passed already; what leaves here goes nowhere. */
  readonly detached: boolean;
  /** The parser would have changed the stream, were it not detached. */
  interfered(): void;
  callParser(direction: Direction, endStream: boolean, data: StreamBuffer): Verdict | Promise<Verdict>;
  setPaused(direction: Direction, paused: boolean): void;
  /** See `ConnectionIo.keepChunk`. */
  keepChunk(direction: Direction): boolean;
  /** The parser's promise is there: the owner calls `settle` or closes the connection. */
  awaitVerdict(direction: Direction, promise: Promise<Verdict>): void;
  /** The direction has ended and all that may pass has been sent. */
  finished(direction: Direction): void;
  /** The other direction goes on: something may come of it that this one waits for. */
  otherIsOpen(direction: Direction): boolean;
  /** Answers that this direction's requests put into the other one cannot leave yet. */
  otherIsBlocked(direction: Direction): boolean;
  /** The way for answers into this direction is free again. */
  unblocked(direction: Direction): void;
  fail(kind: CloseReason["kind"], message: string): void;
}
