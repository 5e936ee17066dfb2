import type { ByteView } from "./byte-view.ts";
import { decodeText } from "./text.ts";

const EMPTY = Buffer.alloc(0);
const HELD_BYTES_MIN = 256;
/** Above this an emptied holding area is given back to the garbage collector instead of kept for the next frame. */
const HELD_BYTES_KEPT = 65_536;

/**
 * The undecided bytes of one direction: a growing area of its own (`held`) for what earlier chunks left over, then the
 * chunk that is being looked at. Only leftovers and frames that span chunks are copied, each byte a bounded number of
 * times.
 *
 *     held:  [ … heldStart ────────── heldEnd … ]   chunk: [ … chunkStart ───────── chunkEnd … ]
 */
export class StreamBuffer implements ByteView {
  private held: Buffer = EMPTY;
  private heldStart = 0;
  private heldEnd = 0;
  private chunk: Buffer = EMPTY;
  private chunkStart = 0;
  private chunkEnd = 0;

  // Where the last failed search ended: see ByteView.indexOf.
  private searchNeedle: number | Uint8Array = -1;
  private searchFrom = -1;
  private searchResume = 0;

  get length(): number {
    return this.heldEnd - this.heldStart + this.chunkEnd - this.chunkStart;
  }

  get buffer(): Buffer {
    return this.heldEnd > this.heldStart ? this.held : this.chunk;
  }

  get start(): number {
    return this.heldEnd > this.heldStart ? this.heldStart : this.chunkStart;
  }

  get contiguousLength(): number {
    return this.heldEnd > this.heldStart ? this.heldEnd - this.heldStart : this.chunkEnd - this.chunkStart;
  }

  /** Bytes that were copied because they outlived their chunk. */
  get heldLength(): number {
    return this.heldEnd - this.heldStart;
  }

  /** Index in the chunk of its first byte that is still here. */
  get chunkOffset(): number {
    return this.chunkStart;
  }

  at(index: number): number {
    if (index < 0) return -1;
    const heldLength = this.heldEnd - this.heldStart;
    if (index < heldLength) return this.held[this.heldStart + index] as number;
    const inChunk = this.chunkStart + index - heldLength;
    return inChunk < this.chunkEnd ? (this.chunk[inChunk] as number) : -1;
  }

  indexOf(needle: number | Uint8Array, from = 0): number {
    const width = typeof needle === "number" ? 1 : needle.length;
    if (width === 0) throw new RangeError("indexOf needs at least one byte to look for");
    const resumes = needle === this.searchNeedle && from === this.searchFrom;
    const found = this.search(needle, width, resumes ? this.searchResume : Math.max(from, 0));
    if (found < 0) {
      this.searchNeedle = needle;
      this.searchFrom = from;
      this.searchResume = Math.max(from, this.length - width + 1, 0);
    }
    return found;
  }

  private search(needle: number | Uint8Array, width: number, from: number): number {
    const heldLength = this.heldEnd - this.heldStart;
    if (from < heldLength) {
      // Bounded by `subarray`: old bytes behind `heldEnd` must not be searched again and again.
      const inHeld = this.held.subarray(this.heldStart, this.heldEnd).indexOf(needle, from);
      if (inHeld >= 0) return inHeld;
      // A needle can begin in the held bytes and end in the chunk.
      for (let index = Math.max(from, heldLength - width + 1); index < heldLength; index++) {
        if (this.matchesAt(needle as Uint8Array, index)) return index;
      }
    }
    const chunkFrom = this.chunkStart + Math.max(0, from - heldLength);
    if (chunkFrom >= this.chunkEnd) return -1;
    const bounded = this.chunkEnd === this.chunk.length ? this.chunk : this.chunk.subarray(0, this.chunkEnd);
    const inChunk = bounded.indexOf(needle, chunkFrom);
    return inChunk >= 0 ? heldLength + inChunk - this.chunkStart : -1;
  }

  private matchesAt(needle: Uint8Array, index: number): boolean {
    if (index + needle.length > this.length) return false;
    for (let i = 0; i < needle.length; i++) {
      if (this.at(index + i) !== needle[i]) return false;
    }
    return true;
  }

  includes(text: string, start = 0, end: number = this.length): boolean {
    if (end > this.contiguousLength) return this.copy(start, end).includes(text);
    return this.buffer.subarray(this.start + start, this.start + end).includes(text);
  }

  text(start = 0, end: number = this.length): string {
    if (end <= this.contiguousLength) return decodeText(this.buffer, this.start + start, this.start + end);
    return decodeText(this.copy(start, end));
  }

  copy(start = 0, end: number = this.length): Buffer {
    const to = Math.min(end, this.length);
    const from = Math.min(Math.max(start, 0), to);
    const result = Buffer.allocUnsafe(to - from);
    const heldLength = this.heldEnd - this.heldStart;
    const fromHeld = Math.max(0, Math.min(to, heldLength) - from);
    if (fromHeld > 0) this.held.copy(result, 0, this.heldStart + from, this.heldStart + from + fromHeld);
    if (to > heldLength) {
      const chunkFrom = this.chunkStart + Math.max(from - heldLength, 0);
      this.chunk.copy(result, fromHeld, chunkFrom, this.chunkStart + to - heldLength);
    }
    return result;
  }

  gather(byteCount: number): void {
    const missing = byteCount - this.contiguousLength;
    if (missing <= 0) return;
    if (byteCount > this.length) throw new RangeError(`cannot gather ${byteCount} of ${this.length} bytes`);
    this.hold(missing);
  }

  /** Begins to look at a chunk. The last one must have been released; the memory is only read, and only until `release`. */
  accept(chunk: Buffer, start = 0, end: number = chunk.length): void {
    this.chunk = chunk;
    this.chunkStart = start;
    this.chunkEnd = end;
  }

  /** Ends the look at the chunk: what is left of it is copied, so that its memory is free again. */
  release(): void {
    const left = this.chunkEnd - this.chunkStart;
    if (left > 0) this.hold(left);
    this.chunk = EMPTY;
    this.chunkStart = 0;
    this.chunkEnd = 0;
  }

  /** Takes `byteCount` bytes from the front. At most `length`. */
  consume(byteCount: number): void {
    this.searchFrom = -1;
    const fromHeld = Math.min(byteCount, this.heldEnd - this.heldStart);
    this.heldStart += fromHeld;
    this.chunkStart += byteCount - fromHeld;
    if (this.heldStart === this.heldEnd) {
      this.heldStart = 0;
      this.heldEnd = 0;
      if (this.held.length > HELD_BYTES_KEPT) this.held = EMPTY;
    }
  }

  /** Copies the next `byteCount` bytes of the chunk to the end of the held ones. */
  private hold(byteCount: number): void {
    if (this.heldEnd + byteCount > this.held.length) this.makeRoom(byteCount);
    this.chunk.copy(this.held, this.heldEnd, this.chunkStart, this.chunkStart + byteCount);
    this.heldEnd += byteCount;
    this.chunkStart += byteCount;
  }

  private makeRoom(byteCount: number): void {
    const used = this.heldEnd - this.heldStart;
    // Moving down is linear only if at least half of the area is free; otherwise it doubles.
    const moves = used + byteCount <= this.held.length / 2;
    const area = moves ? this.held : Buffer.allocUnsafeSlow(Math.max(HELD_BYTES_MIN, 2 * (used + byteCount)));
    this.held.copy(area, 0, this.heldStart, this.heldEnd);
    this.held = area;
    this.heldStart = 0;
    this.heldEnd = used;
  }
}
