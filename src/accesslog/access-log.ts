import type { EventRing, RingEvent, RingReader } from "../monitor/event-ring.ts";
import { LineRenderer } from "./line-renderer.ts";
import { LineWriter, type LineWriterOptions } from "./line-writer.ts";

const PENDING_BYTES_MAX = 8_388_608;
const RETRY_MS = 1_000;
/** Records are gathered for so long: fewer, larger writes cost a fraction of many small ones. */
const GATHER_MS = 20;

export interface AccessLogOptions extends Pick<LineWriterOptions, "path" | "onFailure" | "onRecovered" | "openFile"> {
  readonly pendingBytesMax?: number;
  readonly retryMs?: number;
  readonly gatherMs?: number;
}

/**
 * The access log: every event of a ring as one line of JSON in a file. Traffic never waits for it: what the disk does not
 * take in time is lost and counted.
 */
export class AccessLog {
  private readonly reader: RingReader;
  private readonly writer: LineWriter;
  private readonly renderer = new LineRenderer();
  private readonly gatherMs: number;
  private gatherTimer: NodeJS.Timeout | undefined;
  private unrendered = 0;

  /** Logs what is recorded from now on. Throws where the file cannot be opened. */
  static async open(ring: EventRing, options: AccessLogOptions): Promise<AccessLog> {
    const writer = await LineWriter.open({
      ...options,
      pendingBytesMax: options.pendingBytesMax ?? PENDING_BYTES_MAX,
      retryMs: options.retryMs ?? RETRY_MS,
    });
    return new AccessLog(ring, writer, options.gatherMs ?? GATHER_MS);
  }

  private constructor(ring: EventRing, writer: LineWriter, gatherMs: number) {
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
    return this.reader.lost + this.writer.lost + this.unrendered;
  }

  /** Records that did. */
  get written(): number {
    return this.writer.written;
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
    await this.writer.close();
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
  }

  private readonly renderOne = (event: RingEvent): undefined => {
    if (this.writer.isFull) {
      this.unrendered++;
      return;
    }
    let line: string;
    try {
      line = this.renderer.render(event);
    } catch {
      // An extension in plain JavaScript may give anything as fields: also what cannot be made text.
      this.unrendered++;
      return;
    }
    this.writer.add(line);
  };
}
