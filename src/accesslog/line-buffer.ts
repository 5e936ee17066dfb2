import { latin1Text } from "../lib/bytes/text.ts";
import { jsonText } from "../lib/json-text.ts";
import type { JsonTarget } from "../proxylib/record-sink.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DEL = 0x7f;
const AREA_BYTES = 262_144;
const AREAS_KEPT = 4;

/** Complete lines, ready to be written. */
export interface LineBatch {
  readonly bytes: Buffer;
  readonly lines: number;
}

/** Lines of ASCII, made byte by byte in areas of memory that are used again: rendering a line allocates nothing. */
export class LineBuffer implements JsonTarget {
  /** Areas full of complete lines, oldest first. */
  private readonly full: LineBatch[] = [];
  private fullBytes = 0;
  private readonly spare: Buffer[] = [];

  private area: Buffer = Buffer.allocUnsafeSlow(AREA_BYTES);
  private length = 0;
  private areaLines = 0;
  /** Where the line that is being made begins. */
  private lineStart = 0;
  private readonly areasKept: number;

  /** @param areasKept Areas of 256 KiB that are kept for later lines when theirs have been written. */
  constructor(areasKept: number = AREAS_KEPT) {
    this.areasKept = areasKept;
  }

  /** Bytes of complete lines. */
  get byteCount(): number {
    return this.fullBytes + this.lineStart;
  }

  /** Bytes of complete lines and of the one that is being made. */
  get byteCountWithLine(): number {
    return this.fullBytes + this.length;
  }

  /** Complete lines. */
  get lines(): number {
    return this.full.reduce((lines, batch) => lines + batch.lines, this.areaLines);
  }

  get isEmpty(): boolean {
    return this.areaLines === 0 && this.full.length === 0;
  }

  /** Whether a whole area waits to be written. */
  get hasFullArea(): boolean {
    return this.full.length > 0;
  }

  /** Constant text of ASCII characters. */
  addBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.area.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Any text as a JSON string. */
  addJsonText(text: string): void {
    this.reserve(text.length + 2);
    const area = this.area;
    let at = this.length;
    area[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code >= DEL || code === QUOTE || code === BACKSLASH) {
        this.addBytes(Buffer.from(jsonText(text), "latin1"));
        return;
      }
      area[at++] = code;
    }
    area[at++] = QUOTE;
    this.length = at;
  }

  /** Latin-1 text as a JSON string: bytes from `start` to `end - 1`. */
  addJsonLatin1(bytes: Buffer, start: number, end: number): void {
    this.reserve(end - start + 2);
    const area = this.area;
    let at = this.length;
    area[at++] = QUOTE;
    for (let index = start; index < end; index++) {
      const code = bytes[index] as number;
      if (code < SPACE || code >= DEL || code === QUOTE || code === BACKSLASH) {
        this.addJsonText(latin1Text(bytes, start, end));
        return;
      }
      area[at++] = code;
    }
    area[at++] = QUOTE;
    this.length = at;
  }

  addByte(byte: number): void {
    this.reserve(1);
    this.area[this.length++] = byte;
  }

  endLine(): void {
    this.areaLines++;
    this.lineStart = this.length;
  }

  /** Forgets the line that is being made. */
  dropLine(): void {
    this.length = this.lineStart;
  }

  /** Takes the oldest lines out, between two lines. Whoever has written them gives the memory back with `giveBack`. */
  take(): LineBatch | undefined {
    if (this.full.length === 0) this.closeArea(AREA_BYTES);
    const batch = this.full.shift();
    if (batch !== undefined) this.fullBytes -= batch.bytes.length;
    return batch;
  }

  giveBack(batch: LineBatch): void {
    const { buffer } = batch.bytes;
    if (buffer.byteLength === AREA_BYTES && this.spare.length < this.areasKept) this.spare.push(Buffer.from(buffer));
  }

  private reserve(byteCount: number): void {
    if (this.length + byteCount <= this.area.length) return;
    const begun = this.area.subarray(this.lineStart, this.length);
    const needed = begun.length + byteCount;
    // A line that is longer than an area gets one of its own.
    this.closeArea(needed <= AREA_BYTES ? AREA_BYTES : 2 * needed);
    this.area.set(begun, 0);
    this.length = begun.length;
  }

  /** Puts the complete lines aside and goes on in an empty area. */
  private closeArea(nextBytes: number): void {
    const { area, areaLines, lineStart } = this;
    if (areaLines > 0) {
      this.full.push({ bytes: area.subarray(0, lineStart), lines: areaLines });
      this.fullBytes += lineStart;
    } else if (area.length >= nextBytes) {
      return;
    }
    this.area = (nextBytes === AREA_BYTES ? this.spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(nextBytes);
    this.length = 0;
    this.lineStart = 0;
    this.areaLines = 0;
  }
}
