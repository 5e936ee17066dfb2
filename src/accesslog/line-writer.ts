import { type LogFile, type OpenLogFile, openLogFile } from "./log-file.ts";

const NEWLINE = 0x0a;

export interface LineWriterOptions {
  readonly path: string;
  /** Lines that wait for the disk, in bytes. Above, lines are lost and counted. */
  readonly pendingBytesMax: number;
  /** After a failure: until the next attempt. */
  readonly retryMs: number;
  /** Writing has begun to fail; called once until it works again. */
  readonly onFailure: (message: string) => void;
  /** Writing works again. @param lost Lines that were lost meanwhile. */
  readonly onRecovered: (lost: number) => void;
  readonly openFile?: OpenLogFile;
}

/** Appends ASCII lines to a file: at once for the caller, in batches for the disk, and never more than so many behind. */
export class LineWriter {
  /** Lines that never reached the file. */
  lost = 0;
  /** Lines that did. */
  written = 0;

  private readonly options: LineWriterOptions;
  private readonly openFile: OpenLogFile;
  private file: LogFile;

  private pendingText = "";
  private pendingLines = 0;
  /** What is being written, from `offset` on. */
  private batch: Buffer | undefined;
  private batchLines = 0;
  private offset = 0;

  private busy = false;
  private working: Promise<void> = Promise.resolve();
  private reopenWanted = false;
  private retryTimer: NodeJS.Timeout | undefined;
  /** `lost` when the failure began; undefined: all is well. */
  private failingSince: number | undefined;

  /** Throws where the file cannot be opened. */
  static async open(options: LineWriterOptions): Promise<LineWriter> {
    const openFile = options.openFile ?? openLogFile;
    return new LineWriter(options, openFile, await openFile(options.path));
  }

  private constructor(options: LineWriterOptions, openFile: OpenLogFile, file: LogFile) {
    this.options = options;
    this.openFile = openFile;
    this.file = file;
    if (file.torn) this.pendingText = "\n";
  }

  /** Bytes that wait for the disk. */
  get pendingBytes(): number {
    return this.pendingText.length + (this.batch === undefined ? 0 : this.batch.length - this.offset);
  }

  get isFull(): boolean {
    return this.pendingBytes >= this.options.pendingBytesMax;
  }

  /** Takes an ASCII line that ends with `\n`; it is written by `write`. */
  add(line: string): void {
    if (this.pendingBytes + line.length > this.options.pendingBytesMax) {
      this.lost++;
      return;
    }
    this.pendingText += line;
    this.pendingLines++;
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
    this.lost += this.batchLinesLeft() + this.pendingLines;
    this.batch = undefined;
    this.pendingText = "";
    this.pendingLines = 0;
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
      while (this.reopenWanted || this.batch !== undefined || this.pendingText !== "") {
        if (this.batch !== undefined) await this.writeBatch(this.batch);
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
    this.batch = Buffer.from(this.pendingText, "latin1");
    this.batchLines = this.pendingLines;
    this.offset = 0;
    this.pendingText = "";
    this.pendingLines = 0;
  }

  private async writeBatch(batch: Buffer): Promise<void> {
    this.offset += await this.file.append(batch, this.offset);
    if (this.offset < batch.length) return;
    this.written += this.batchLines;
    this.batch = undefined;
  }

  private async renew(): Promise<void> {
    // The old one stays in use until there is a new one.
    const renewed = await this.openFile(this.options.path);
    this.reopenWanted = false;
    const old = this.file;
    this.file = renewed;
    if (renewed.torn) this.pendingText = `\n${this.pendingText}`;
    await old.close();
  }

  private succeeded(): void {
    if (this.failingSince === undefined) return;
    const lost = this.lost - this.failingSince;
    this.failingSince = undefined;
    this.options.onRecovered(lost);
  }

  private failed(error: unknown): void {
    this.retryTimer = setTimeout(() => this.work(), this.options.retryMs);
    this.retryTimer.unref();
    if (this.failingSince !== undefined) return;
    this.failingSince = this.lost;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.onFailure(
      `cannot write ${this.options.path}: ${reason}; records wait in memory, and are lost above ` +
        `${this.options.pendingBytesMax} bytes; make room or mend the path, weir tries again by itself`,
    );
  }

  private batchLinesLeft(): number {
    let lines = 0;
    const batch = this.batch?.subarray(this.offset) ?? Buffer.alloc(0);
    for (let at = batch.indexOf(NEWLINE); at >= 0; at = batch.indexOf(NEWLINE, at + 1)) lines++;
    return Math.min(lines, this.batchLines);
  }
}
