import { reasonOf } from "../lib/error.ts";
import type { LineBatch, LineBuffer } from "./line-buffer.ts";
import { type LogFile, type OpenLogFile, openLogFile } from "./log-file.ts";

const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);

export interface LineWriterOptions {
  readonly path: string;
  /** Lines that wait for the disk, in bytes. Above, lines are lost and counted. */
  readonly pendingBytesMax: number;
  /** After a failure: until the next attempt. */
  readonly retryMs: number;
  /** Writing has begun to fail; called once until it works again. */
  readonly onFailure: (message: string) => void;
  /** Writing works again. */
  readonly onRecovered: () => void;
  /** Lines have been written. */
  readonly onWritten?: () => void;
  /** The file ended within a line, which was ended: whoever wrote it was killed, or had no room. */
  readonly onTorn?: () => void;
  readonly openFile?: OpenLogFile;
}

/** Appends the lines of a buffer to a file: at once for the caller, in batches for the disk. */
export class LineWriter {
  /** Lines that never reached the file. */
  lost = 0;
  /** Lines that did. */
  written = 0;

  private readonly options: LineWriterOptions;
  private readonly openFile: OpenLogFile;
  private file: LogFile;

  private readonly pending: LineBuffer;
  /** A new line is needed before the next batch: the file ends within one. */
  private torn: boolean;
  /** What is being written, from `offset` on. */
  private batch: LineBatch | undefined;
  private offset = 0;

  private busy = false;
  private working: Promise<void> = Promise.resolve();
  private reopenWanted = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private failing = false;

  /** Throws where the file cannot be opened. */
  static async open(pending: LineBuffer, options: LineWriterOptions): Promise<LineWriter> {
    const openFile = options.openFile ?? openLogFile;
    return new LineWriter(pending, options, openFile, await openFile(options.path));
  }

  private constructor(pending: LineBuffer, options: LineWriterOptions, openFile: OpenLogFile, file: LogFile) {
    this.pending = pending;
    this.options = options;
    this.openFile = openFile;
    this.file = file;
    this.torn = file.torn;
  }

  /** Whether so many bytes may wait besides the batch that is being written. */
  hasRoomFor(pendingBytes: number): boolean {
    const inFlight = this.batch === undefined ? 0 : this.batch.bytes.length - this.offset;
    return inFlight + pendingBytes <= this.options.pendingBytesMax;
  }

  /** Begins to write what waits, unless that is going on or waits for the next attempt after a failure. */
  write(): void {
    if (this.retryTimer === undefined) this.work();
  }

  /** Opens the file anew: what was renamed is left behind, what waits goes to the new one. */
  reopen(): Promise<void> {
    this.reopenWanted = true;
    return this.work();
  }

  /** Resolves when all lines that were added are in the file, or an attempt to write them has failed. */
  flush(): Promise<void> {
    return this.work();
  }

  /** Writes what waits, by one last attempt if need be; what does not reach the file is lost. */
  async close(): Promise<void> {
    await this.work();
    clearTimeout(this.retryTimer);
    this.lost += this.batchLinesLeft() + this.pending.lines;
    this.batch = undefined;
    while (!this.pending.isEmpty) this.pending.take();
    await this.file.close();
  }

  private work(): Promise<void> {
    if (this.busy) return this.working;
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.busy = true;
    this.working = this.run();
    return this.working;
  }

  private async run(): Promise<void> {
    try {
      while (this.reopenWanted || this.batch !== undefined || !this.pending.isEmpty) {
        if (this.batch !== undefined) await this.writeOrRenew(this.batch);
        // At the end of a batch: no line is torn by a new file.
        else if (this.reopenWanted) await this.renew();
        else this.takeBatch();
      }
      this.succeeded();
    } catch (error) {
      this.failed(error);
    } finally {
      // In the same turn as the last look at what waits: a line that is added later finds nobody at work.
      this.busy = false;
    }
  }

  private takeBatch(): void {
    this.batch = this.pending.take();
    this.offset = 0;
  }

  private async writeOrRenew(batch: LineBatch): Promise<void> {
    try {
      await this.writeBatch(batch);
    } catch (error) {
      if (!this.reopenWanted) throw error;
      // A full disk gets no room by the deletion of the old file while it is held open. The line that was torn is written
      // to the new one as a whole.
      await this.renew();
      this.offset = this.offset === 0 ? 0 : batch.bytes.lastIndexOf(NEWLINE, this.offset - 1) + 1;
    }
  }

  private async writeBatch(batch: LineBatch): Promise<void> {
    if (this.torn) {
      await this.file.append(NEWLINE, 0);
      this.torn = false;
      this.options.onTorn?.();
    }
    this.offset += await this.file.append(batch.bytes, this.offset);
    if (this.offset < batch.bytes.length) return;
    this.written += batch.lines;
    this.batch = undefined;
    this.pending.giveBack(batch);
    this.options.onWritten?.();
  }

  private async renew(): Promise<void> {
    // The old one stays in use until there is a new one.
    const renewed = await this.openFile(this.options.path);
    this.reopenWanted = false;
    const old = this.file;
    this.file = renewed;
    this.torn = renewed.torn;
    await old.close();
  }

  private succeeded(): void {
    if (!this.failing) return;
    this.failing = false;
    this.options.onRecovered();
  }

  private failed(error: unknown): void {
    this.retryTimer = setTimeout(() => this.work(), this.options.retryMs);
    this.retryTimer.unref();
    if (this.failing) return;
    this.failing = true;
    const reason = reasonOf(error);
    this.options.onFailure(
      `cannot write ${this.options.path}: ${reason}; records wait in memory, and are lost above ` +
        `${this.options.pendingBytesMax} bytes; make room or mend the path, weir tries again by itself`,
    );
  }

  private batchLinesLeft(): number {
    let lines = 0;
    const rest = this.batch?.bytes.subarray(this.offset) ?? NOTHING;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE, at + 1)) lines++;
    return lines;
  }
}
