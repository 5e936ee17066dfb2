const AREA_BYTES = 131_072;
const SEVEN_BITS = 0x80;
const LENGTH_DELIMITED = 2;
const SURROGATE = /[\ud800-\udfff]/;
/** Where a byte that is no UTF-8 was decoded: U+DC00 + byte. */
const RAW_BYTE_BASE = 0xdc00;
const RAW_BYTE_FIRST = 0xdc80;
const RAW_BYTE_LAST = 0xdcff;

/** Bytes of protobuf, one behind the other, in memory that is used again. */
export class ProtobufBuffer {
  length = 0;
  private area: Buffer;

  /** @param capacity Bytes for a start: it grows as needed. */
  constructor(capacity: number = AREA_BYTES) {
    this.area = Buffer.allocUnsafeSlow(capacity);
  }

  /** What was written. Valid until the next call. */
  get bytes(): Buffer {
    return this.area.subarray(0, this.length);
  }

  addBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.area.set(bytes, this.length);
    this.length += bytes.length;
  }

  addByte(byte: number): void {
    this.reserve(1);
    this.area[this.length++] = byte;
  }

  /** A whole number up to 2^53 - 1, seven bits a byte, the lowest first. */
  addVarint(value: number): void {
    let left = value;
    // Beyond 32 bits, `>>>` would lose some.
    while (left >= SEVEN_BITS) {
      this.addByte((left % SEVEN_BITS) | SEVEN_BITS);
      left = Math.floor(left / SEVEN_BITS);
    }
    this.addByte(left);
  }

  /** A number with its field's tag. 0 is what absence means: it is left out. */
  addNumber(field: number, value: number): void {
    if (value === 0) return;
    this.addByte(field << 3);
    this.addVarint(value);
  }

  /** Any bytes with their field's tag: a text in UTF-8, or a message. */
  addField(field: number, bytes: Uint8Array): void {
    this.addByte((field << 3) | LENGTH_DELIMITED);
    this.addVarint(bytes.length);
    this.addBytes(bytes);
  }

  /** The same for text of which raw bytes may be part. */
  addRawText(field: number, text: string): void {
    this.addField(field, rawBytes(text));
  }

  /**
   * The same for text of ASCII, as most of it is, without a detour.
   *
   * @returns false: it is more than ASCII, and what was written of it is to be taken back by setting `length`.
   */
  addAscii(field: number, text: string): boolean {
    const { length } = text;
    this.addByte((field << 3) | LENGTH_DELIMITED);
    this.addVarint(length);
    this.reserve(length);
    const { area } = this;
    let at = this.length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= SEVEN_BITS) return false;
      area[at++] = code;
    }
    this.length = at;
    return true;
  }

  private reserve(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed <= this.area.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * needed);
    larger.set(this.bytes);
    this.area = larger;
  }
}

/** Length of a varint in bytes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let left = value; left >= SEVEN_BITS; left = Math.floor(left / SEVEN_BITS)) length++;
  return length;
}

/** UTF-8; a lone surrogate that stands for a byte becomes that byte. The reverse of `decodeText`. */
function rawBytes(text: string): Buffer {
  if (!SURROGATE.test(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    const raw = character.length === 1 && code >= RAW_BYTE_FIRST && code <= RAW_BYTE_LAST;
    parts.push(raw ? Buffer.of(code - RAW_BYTE_BASE) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}
