import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { escapeControls } from "../../lib/escape.ts";
import type { Logger } from "../../lib/log.ts";
import type { Schedule } from "../../lib/schedule.ts";

const WINDOW_MS = 1_000;
/** Bounds of what one process may say in one window: lines that are logged, and bytes that are read at all. */
const LINES_MAX = 20;
const BYTES_MAX = 262_144;
/** Longer lines are cut. */
const LINE_LENGTH_MAX = 1_000;
/** What Node says after the reason. */
const NODE_VERSION = /^Node\.js v/;

/**
 * What processes that run extensions say goes to the log, line by line: an extension cannot forge a line of somebody else,
 * and cannot fill the disk.
 */
export class ProcessOutput {
  private readonly extensions: readonly string[];
  private readonly logger: Logger;
  private readonly schedule: Schedule;
  private lines = 0;
  private bytes = 0;
  private suppressed = 0;
  private windowOpen = false;
  private streams: readonly Readable[] = [];
  private last = "";

  constructor(extensions: readonly string[], logger: Logger, schedule: Schedule) {
    this.extensions = extensions;
    this.logger = logger;
    this.schedule = schedule;
  }

  /** The last line that the present process wrote to its standard error, escaped; empty: none. */
  get lastWords(): string {
    return this.last;
  }

  /** Reads what a process says until its end. */
  read({ stdout, stderr }: ChildProcess): void {
    this.last = "";
    this.streams = [stdout, stderr].filter((stream) => stream !== null);
    for (const stream of this.streams) this.readLines(stream, stream === stderr);
  }

  /** The process has ended: what it said before is read at once. */
  readRest(): void {
    this.bytes = Number.NEGATIVE_INFINITY;
    for (const stream of this.streams) stream.resume();
  }

  private readLines(stream: Readable, isError: boolean): void {
    let begun = "";
    stream.setEncoding("utf8");
    stream.on("error", () => {});
    stream.on("data", (text: string) => {
      this.openWindow();
      this.bytes += text.length;
      if (this.bytes > BYTES_MAX) for (const each of this.streams) each.pause();
      const lines = (begun + text).split("\n");
      begun = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
      for (const line of lines) this.say(line, isError);
    });
    stream.on("end", () => this.say(begun, isError));
  }

  private say(line: string, isError: boolean): void {
    if (line.trim() === "") return;
    const shown = escapeControls(line.slice(0, LINE_LENGTH_MAX));
    if (isError && !NODE_VERSION.test(shown)) this.last = shown;
    this.openWindow();
    if (++this.lines > LINES_MAX) this.suppressed++;
    else this.logger.info({ extensions: this.extensions, said: shown }, "an extension says something");
  }

  private openWindow(): void {
    if (this.windowOpen) return;
    this.windowOpen = true;
    this.schedule(WINDOW_MS, () => this.closeWindow());
  }

  private closeWindow(): void {
    const { suppressed } = this;
    this.windowOpen = false;
    this.lines = 0;
    this.bytes = 0;
    this.suppressed = 0;
    for (const stream of this.streams) stream.resume();
    if (suppressed === 0) return;
    this.logger.warn(
      { extensions: this.extensions, lines: suppressed },
      "an extension says too much: lines are left out",
    );
  }
}
