const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DEL = 0x7f;
const CAPACITY_MIN = 65_536;
/** A larger area is not kept when its lines have been taken. */
const CAPACITY_KEPT = 1_048_576;
const BEYOND_ASCII = /[\x7f-\uffff]/g;

/** Lines of ASCII, made byte by byte in one area of memory that is used again: rendering a line allocates nothing. */
export class LineBuffer {
  /** Complete lines in the buffer. */
  lines = 0;
  private area: Buffer = Buffer.allocUnsafeSlow(CAPACITY_MIN);
  private spare: Buffer | undefined;
  private length = 0;
  /** Where the line that is being made begins. */
  private lineStart = 0;

  /** Bytes of complete lines. */
  get byteCount(): number {
    return this.lineStart;
  }

  /** Bytes of complete lines and of the one that is being made. */
  get byteCountWithLine(): number {
    return this.length;
  }

  /** Constant text of ASCII characters. */
  addBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.area.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A JSON string for every possible text; lone surrogates come back as they were, nothing can control a terminal. */
  addJsonText(text: string): void {
    this.reserve(text.length + 2);
    const start = this.length;
    const area = this.area;
    let at = start;
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

  addByte(byte: number): void {
    this.reserve(1);
    this.area[this.length++] = byte;
  }

  endLine(): void {
    this.lines++;
    this.lineStart = this.length;
  }

  /** Forgets the line that is being made. */
  dropLine(): void {
    this.length = this.lineStart;
  }

  /** Takes all complete lines out. Whoever has written them gives the memory back with `giveBack`. */
  take(): Buffer {
    const taken = this.area.subarray(0, this.lineStart);
    this.area = this.spare ?? Buffer.allocUnsafeSlow(CAPACITY_MIN);
    this.spare = undefined;
    this.length = 0;
    this.lineStart = 0;
    this.lines = 0;
    return taken;
  }

  giveBack(taken: Buffer): void {
    if (taken.buffer.byteLength <= CAPACITY_KEPT) this.spare = Buffer.from(taken.buffer);
  }

  private reserve(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed <= this.area.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.area.length));
    this.area.copy(larger, 0, 0, this.length);
    this.area = larger;
  }
}

/** `text` as a JSON string of ASCII characters. */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(BEYOND_ASCII, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
