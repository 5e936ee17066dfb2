import { BATCH_BYTES_MAX } from "./batch-layout.ts";

const AREA_BYTES = 131_072;
const SEVEN_BITS = 0x80;
const LATIN1_MAX = 0xff;
/** A varint of a whole number up to 2^53 - 1. */
const VARINT_BYTES_MAX = 8;

/** Thrown where the batch has no room. */
export const NO_ROOM: unique symbol = Symbol("no room");

/** Bytes of a batch, one behind the other, in memory that is used again. */
export class BatchBuffer {
  length = 0;
  /** Above, nothing is taken: NO_ROOM is thrown. */
  bytesMax: number = BATCH_BYTES_MAX;
  private area: Buffer;

  /** @param capacity Bytes for a start: it grows as needed. */
  constructor(capacity: number = AREA_BYTES) {
    this.area = Buffer.allocUnsafeSlow(capacity);
  }

  /** What was written. Valid until the next call. */
  get bytes(): Buffer {
    return this.area.subarray(0, this.length);
  }

  addByte(byte: number): void {
    this.reserve(1);
    this.area[this.length++] = byte;
  }

  addVarint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    const { area } = this;
    let at = this.length;
    let left = value;
    // Beyond 32 bits, `>>>` would lose some.
    while (left >= SEVEN_BITS) {
      area[at++] = (left % SEVEN_BITS) | SEVEN_BITS;
      left = Math.floor(left / SEVEN_BITS);
    }
    area[at++] = left;
    this.length = at;
  }

  addDouble(value: number): void {
    this.reserve(8);
    this.length = this.area.writeDoubleBE(value, this.length);
  }

  addBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.area.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Two bytes whose value is set later by `setShort`. @returns Where they are. */
  addShort(): number {
    this.reserve(2);
    const at = this.length;
    this.length += 2;
    return at;
  }

  setShort(at: number, value: number): void {
    this.area[at] = value >>> 8;
    this.area[at + 1] = value & 0xff;
  }

  /** Any text, lone surrogates included. */
  addText(text: string): void {
    const { length } = text;
    const start = this.length;
    this.addVarint(length * 2);
    this.reserve(length);
    const { area } = this;
    let at = this.length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > LATIN1_MAX) {
        this.length = start;
        this.addWideText(text);
        return;
      }
      area[at++] = code;
    }
    this.length = at;
  }

  private addWideText(text: string): void {
    const byteCount = text.length * 2;
    this.addVarint(byteCount * 2 + 1);
    this.reserve(byteCount);
    this.length += this.area.write(text, this.length, "utf16le");
  }

  private reserve(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed > this.bytesMax) throw NO_ROOM;
    if (needed <= this.area.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * needed);
    larger.set(this.bytes);
    this.area = larger;
  }
}
