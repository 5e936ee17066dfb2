import type { RingEvent } from "./event-ring.ts";

/** Gathers events in one encoding, ready to be sent. */
export interface EventEncoder {
  /** @returns false: it cannot be encoded (it is too long, or no text can be made of it), and nothing is added. */
  add(event: RingEvent): boolean;
  addLost(count: number): void;
  /** What `take` would give. */
  readonly byteCount: number;
  /** Everything since the last call, in memory of its own. */
  take(): Buffer;
}
