import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { Direction } from "../proxylib/io.ts";
import type { Verdict } from "../proxylib/verdict.ts";
import { WINDOW_FIRST_BYTES } from "./protocol.ts";

/** What a host said last of a direction: it wants more bytes, waits for whatever comes, owes a promise, has said nothing. */
export type Asked = "more" | "nop" | "wait" | "unknown";

/**
 * One direction of a connection as its owner knows it. All offsets count from the beginning of the connection:
 *
 *     carried            bytes that the engine has passed or dropped
 *     carried+available  bytes that have come
 *     decided            bytes that the host has passed or dropped; behind what has come, where it decided ahead
 *     sent               bytes that the host has been shown, or need not be
 */
export class RemoteHalf {
  readonly direction: Direction;
  carried = 0;
  available = 0;
  decided = 0;
  sent = 0;
  /** The host must be told where it is, even with no bytes: at the end of what it decided ahead, and after a restart. */
  due = false;
  ended = false;
  endSent = false;
  asked: Asked = "unknown";
  /** With `more`: the offset that it wants bytes up to. */
  needed = 0;
  /** With `wait`: since when. */
  waitsSince = 0;
  /** Lengths of the DATA that the host has not taken yet, and the places of these among all that was sent. */
  readonly inFlight: number[] = [];
  readonly sequences: number[] = [];
  inFlightBytes = 0;
  /** So many bytes of DATA may be in flight. */
  window: number = WINDOW_FIRST_BYTES;
  /** There was more to show than the window allows. */
  cramped = false;
  /** While the engine waits for a promise: what is undecided, and how the promise is settled. */
  view: ByteView | undefined;
  resolve: ((verdict: Verdict) => void) | undefined;
  promise: Promise<Verdict> | undefined;
  /** The promise was settled, and the engine has not carried that out yet. */
  settling = false;

  constructor(direction: Direction) {
    this.direction = direction;
  }

  /** Bytes are here that could not be shown yet. */
  get isBehind(): boolean {
    return Math.max(this.sent, this.decided) < this.carried + this.available;
  }

  /** Every byte, and the end, was sent and looked at, and no promise is owed. */
  get answered(): boolean {
    return (
      this.inFlight.length === 0 &&
      !this.due &&
      this.asked !== "wait" &&
      this.asked !== "unknown" &&
      !this.isBehind &&
      (!this.ended || this.endSent)
    );
  }

  /**
   * The host is gone: what it had not decided is sent again.
   *
   * @param resumed Its successor goes on in the middle: it must look once, even if there are no bytes.
   * @returns Whether it had something to look at.
   */
  rewind(resumed: boolean): boolean {
    const hadWork = this.inFlight.length > 0;
    this.inFlight.length = 0;
    this.sequences.length = 0;
    this.inFlightBytes = 0;
    this.sent = this.decided;
    this.due = resumed;
    this.endSent = false;
    this.asked = "unknown";
    return hadWork;
  }
}
