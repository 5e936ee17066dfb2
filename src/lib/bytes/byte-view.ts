/**
 * All bytes of one direction of a connection that are not decided yet, as one sequence. It is valid until the verdict
 * is given; whoever wants to keep bytes copies them.
 *
 * Nothing is joined to make it: up to two memory areas stand behind it. Most frames lie whole in the first one, where
 * `buffer`, `start` and `contiguousLength` give direct access; `gather` makes that true for the others.
 */
export interface ByteView {
  /** Undecided bytes. */
  readonly length: number;
  /** Memory that holds the first `contiguousLength` bytes of the view, from index `start`. Read only. */
  readonly buffer: Buffer;
  readonly start: number;
  readonly contiguousLength: number;
  /** The byte at `index`, or -1 outside of the view. */
  at(index: number): number;
  /**
   * Where `needle` (a byte or a sequence of at least one byte) begins at or behind `from`, or -1. A search for the same
   * needle from the same place in the same frame goes on where the last one ended: a frame that arrives in a thousand
   * pieces is still searched once.
   */
  indexOf(needle: number | Uint8Array, from?: number): number;
  /** Whether `text` (taken as UTF-8) lies wholly within [start, end). */
  includes(text: string, start?: number, end?: number): boolean;
  /** [start, end) as text, one to one: a byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte. */
  text(start?: number, end?: number): string;
  /** A copy of [start, end). */
  copy(start?: number, end?: number): Buffer;
  /** Makes at least the first `byteCount` bytes contiguous. Throws RangeError beyond `length`. */
  gather(byteCount: number): void;
}
