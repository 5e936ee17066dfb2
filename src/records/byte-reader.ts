import { latin1Text } from "../lib/bytes/text.ts";

const SEVEN_BITS = 0x80;
const VARINT_MAX = Number.MAX_SAFE_INTEGER;

/** What is wrong with the bytes. Thrown within this room alone. */
export class MalformedBatch extends Error {}

/** Reads bytes in turn; throws MalformedBatch where there are not enough, or no such value. */
export class ByteReader {
  readonly bytes: Buffer;
  at = 0;
  readonly end: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  byte(): number {
    if (this.at >= this.end) throw tooShort(this.at);
    return this.bytes[this.at++] as number;
  }

  varint(): number {
    const first = this.byte();
    if (first < SEVEN_BITS) return first;
    let value = first - SEVEN_BITS;
    for (let factor = SEVEN_BITS; ; factor *= SEVEN_BITS) {
      const byte = this.byte();
      value += (byte & (SEVEN_BITS - 1)) * factor;
      if (value > VARINT_MAX) throw new MalformedBatch(`a number before byte ${this.at} is too large`);
      if (byte < SEVEN_BITS) return value;
    }
  }

  short(): number {
    return this.byte() * 256 + this.byte();
  }

  double(): number {
    return this.bytes.readDoubleBE(this.skip(8));
  }

  /** Passes so many bytes. @returns Where they begin. */
  skip(byteCount: number): number {
    const start = this.at;
    if (byteCount > this.end - start) throw tooShort(start);
    this.at += byteCount;
    return start;
  }

  /** Passes a text. Throws where it could not be read. */
  skipText(): void {
    const lengthAndEncoding = this.varint();
    const byteCount = Math.floor(lengthAndEncoding / 2);
    this.skip(byteCount);
    if (lengthAndEncoding % 2 !== 0 && byteCount % 2 !== 0) throw halfCharacter(this.at);
  }

  text(): string {
    const lengthAndEncoding = this.varint();
    const byteCount = Math.floor(lengthAndEncoding / 2);
    const start = this.skip(byteCount);
    if (lengthAndEncoding % 2 === 0) return latin1Text(this.bytes, start, this.at);
    return wideText(this.bytes, start, this.at);
  }
}

/** UTF-16, little-endian. */
export function wideText(bytes: Buffer, start: number, end: number): string {
  if ((end - start) % 2 !== 0) throw halfCharacter(end);
  return bytes.toString("utf16le", start, end);
}

function halfCharacter(end: number): MalformedBatch {
  return new MalformedBatch(`half a character at byte ${end}`);
}

function tooShort(at: number): MalformedBatch {
  return new MalformedBatch(`the batch ends within an item, at byte ${at}`);
}
