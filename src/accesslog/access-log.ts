import type { EventRing, RingEvent, RingReader } from "../monitor/event-ring.ts";
import { agentLine, isLogged } from "./agent-line.ts";
import { LineBuffer } from "./line-buffer.ts";
import { LineRenderer } from "./line-renderer.ts";
import { LineWriter, type LineWriterOptions } from "./line-writer.ts";
import { TimeText } from "./time-text.ts";

const PENDING_BYTES_MAX = 8_388_608;
const RETRY_MS = 1_000;
/** Records are gathered for so long: fewer, larger writes cost a fraction of many small ones. */
const GATHER_MS = 20;

export interface AccessLogOptions extends Pick<LineWriterOptions, "path" | "onFailure" | "onTorn" | "openFile"> {
  /** Writing works again. @param lost Records that were lost meanwhile. */
  readonly onRecovered: (lost: number) => void;
  readonly pendingBytesMax?: number;
  readonly retryMs?: number;
  readonly gatherMs?: number;
}

/** What 300,000 records a second fill while they are gathered and written: new areas would have V8 look for garbage. */
const AREAS_KEPT = 16;

interface Waiter {
  /** So many lines must have been written. */
  readonly lines: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * The access log: every record of a ring, and the ends of processes, as one line of JSON each in a file. Traffic never waits
 * for it: what the disk does not take in time is lost and counted.
 */
export class AccessLog {
  private readonly reader: RingReader;
  private readonly lines: LineBuffer;
  private readonly writer: LineWriter;
  private readonly renderer = new LineRenderer();
  private readonly time = new TimeText();
  private readonly gatherMs: number;
  private gatherTimer: NodeJS.Timeout | undefined;
  /** Records for which there was no room, or which could not be rendered. */
  private dropped = 0;
  /** Lines that were given to the writer. */
  private accepted = 0;
  private readonly waiters: Waiter[] = [];
  private closed = false;
  private tornCount = 0;

  /** Logs what is recorded from now on. Throws where the file cannot be opened. */
  static async open(ring: EventRing, options: AccessLogOptions): Promise<AccessLog> {
    const lines = new LineBuffer(AREAS_KEPT);
    let log: AccessLog | undefined;
    let lostBefore = 0;
    const writer = await LineWriter.open(lines, {
      ...options,
      pendingBytesMax: options.pendingBytesMax ?? PENDING_BYTES_MAX,
      retryMs: options.retryMs ?? RETRY_MS,
      onFailure: (message) => {
        lostBefore = log?.lost ?? 0;
        options.onFailure(message);
      },
      onRecovered: () => options.onRecovered((log?.lost ?? 0) - lostBefore),
      onWritten: () => log?.wakeWaiters(),
      onTorn: () => {
        if (log !== undefined) log.tornCount++;
        options.onTorn?.();
      },
    });
    log = new AccessLog(ring, lines, writer, options.gatherMs ?? GATHER_MS);
    return log;
  }

  private constructor(ring: EventRing, lines: LineBuffer, writer: LineWriter, gatherMs: number) {
    this.lines = lines;
    this.writer = writer;
    this.gatherMs = gatherMs;
    this.reader = ring.reader({
      onReadable: () => this.gather(),
      // A burst larger than the ring: it is taken over now, and lost only where the writer's bound is reached, too.
      onFull: () => this.takeOver(),
    });
  }

  /** Records that never reached the file. */
  get lost(): number {
    return this.reader.lost + this.writer.lost + this.dropped;
  }

  /** Records that did. */
  get written(): number {
    return this.writer.written;
  }

  /** Lines whose end was missing, and was added. */
  get torn(): number {
    return this.tornCount;
  }

  /**
   * Resolves when everything recorded before is in the file, or lost for want of room; while the file cannot be written,
   * that may take any time. Rejects where the log has been closed: who can give the records to somebody else should.
   */
  async logged(): Promise<void> {
    if (this.closed) throw new Error("the access log is closed");
    this.takeOver();
    if (this.writer.written >= this.accepted) return;
    const written = new Promise<void>((resolve, reject) => {
      this.waiters.push({ lines: this.accepted, resolve, reject });
    });
    this.writer.write();
    await written;
  }

  /** Resolves when everything recorded before is in the file, or an attempt to write it has failed. */
  async flush(): Promise<void> {
    this.takeOver();
    await this.writer.flush();
  }

  /** For log rotation: goes on in a new file of the same name. */
  async reopen(): Promise<void> {
    this.takeOver();
    await this.writer.reopen();
  }

  /** Writes everything recorded before and ends. */
  async close(): Promise<void> {
    clearTimeout(this.gatherTimer);
    this.takeOver();
    this.reader.close();
    this.closed = true;
    await this.writer.close();
    for (const { reject } of this.waiters.splice(0)) reject(new Error("the access log was closed"));
  }

  private wakeWaiters(): void {
    const { written } = this.writer;
    while (this.waiters[0] !== undefined && this.waiters[0].lines <= written) this.waiters.shift()?.resolve();
  }

  private gather(): void {
    this.gatherTimer ??= setTimeout(() => {
      this.gatherTimer = undefined;
      this.takeOver();
      this.writer.write();
    }, this.gatherMs);
  }

  private takeOver(): void {
    this.reader.read(this.renderOne);
    if (this.lines.hasFullArea) this.writer.write();
  }

  private readonly renderOne = (event: RingEvent): undefined => {
    const { lines, writer } = this;
    // What else the agent tells of itself is in its own log.
    if (event.agent !== undefined && !isLogged(event.agent)) return;
    // Looked at before rendering, too: while the disk stands still, a lost record should cost nothing.
    if (writer.hasRoomFor(lines.byteCount)) {
      try {
        if (event.agent === undefined) this.renderer.render(event, lines);
        else lines.addBytes(agentLine(this.time.of(event.timeMs), event.agent));
        if (writer.hasRoomFor(lines.byteCountWithLine)) {
          lines.endLine();
          this.accepted++;
          return;
        }
      } catch {
        // An extension in plain JavaScript may give anything as fields: also what cannot be made text.
      }
    }
    lines.dropLine();
    this.dropped++;
  };
}
