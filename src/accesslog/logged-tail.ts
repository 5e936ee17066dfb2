import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { RingRecord } from "../monitor/event-ring.ts";
import { LineBuffer } from "./line-buffer.ts";
import { LineRenderer } from "./line-renderer.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** So much of the end is looked at: what an agent has written and not acknowledged is far less. */
const TAIL_BYTES = 33_554_432;
const PIECE_BYTES = 1_048_576;
/** Hosts come to a new agent within seconds. */
const KEPT_MS = 120_000;
const NEWLINE = 0x0a;

/**
 * What an agent before this one has written into the access log. Where it was killed before it could acknowledge that,
 * hosts send the records again: those that are in the log already are found here, so that each is in the log once. A line
 * says the millisecond, both sides of the connection and what was asked, and stands for as many records as there are such
 * lines; a host takes care that no two batches have records of one millisecond.
 *
 * Not found is what a weir has written whose lines look different, or what stands in a file that was renamed meanwhile.
 */
export class LoggedTail implements AsyncDisposable {
  private file: FileHandle | undefined;
  private readonly start: number;
  private readonly end: number;
  private readonly expiry: NodeJS.Timeout;
  private readonly renderer = new LineRenderer();
  private readonly buffer = new LineBuffer();
  /** Line → how often it is there. */
  private readonly lines = new Map<string, number>();
  private loading: Promise<void> | undefined;

  /** To be called before anything is added to the file. What cannot be read is as if it were empty. */
  static async open(path: string, tailBytes: number = TAIL_BYTES): Promise<LoggedTail> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const { size } = await file.stat();
      return new LoggedTail(file, Math.max(0, size - tailBytes), size);
    } catch {
      await file?.close();
      return new LoggedTail(undefined, 0, 0);
    }
  }

  private constructor(file: FileHandle | undefined, start: number, end: number) {
    this.file = file;
    this.start = start;
    this.end = end;
    this.expiry = setTimeout(() => void this[Symbol.asyncDispose](), KEPT_MS);
    this.expiry.unref();
  }

  /** Reads the lines, the first time. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  /** Whether a record is there. The line that was found stands for no other record. */
  take(record: RingRecord): boolean {
    if (this.lines.size === 0) return false;
    const line = this.lineOf(record);
    const count = this.lines.get(line);
    if (count === undefined) return false;
    if (count > 1) this.lines.set(line, count - 1);
    else this.lines.delete(line);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.expiry);
    const { file } = this;
    this.file = undefined;
    await this.loading;
    this.lines.clear();
    await file?.close();
  }

  private async read(): Promise<void> {
    const { start } = this;
    let begun = "";
    // Within a line, unless it is the beginning of the file.
    let whole = start === 0;
    for (let at = start; at < this.end && this.file !== undefined; ) {
      const piece = await this.readPiece(this.file, at);
      if (piece === undefined) return;
      at += piece.length;
      const lines = (begun + piece.toString("latin1")).split("\n");
      begun = lines.pop() ?? "";
      if (!whole && lines.length > 0) {
        lines.shift();
        whole = true;
      }
      for (const line of lines) this.lines.set(line, (this.lines.get(line) ?? 0) + 1);
    }
  }

  private async readPiece(file: FileHandle, at: number): Promise<Buffer | undefined> {
    const length = Math.min(PIECE_BYTES, this.end - at);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    } catch {
      return undefined;
    }
  }

  private lineOf(record: RingRecord): string {
    const { buffer } = this;
    try {
      this.renderer.render(record, buffer);
      buffer.endLine();
    } catch {
      buffer.dropLine();
      return "";
    }
    const batch = buffer.take();
    if (batch === undefined) return "";
    const { bytes } = batch;
    const end = bytes[bytes.length - 1] === NEWLINE ? bytes.length - 1 : bytes.length;
    const line = bytes.toString("latin1", 0, end);
    buffer.giveBack(batch);
    return line;
  }
}
