import { LineBuffer } from "../accesslog/line-buffer.ts";
import { LineRenderer } from "../accesslog/line-renderer.ts";
import type { EventRing, RingEvent, RingReader } from "../monitor/event-ring.ts";
import type { MonitorReader, MonitorSource } from "../server/agent-api.ts";

/** Lets the API's monitors read the ring of events, as lines of the access log. */
export class RingMonitor implements MonitorSource {
  private readonly ring: EventRing;
  private readonly renderer = new LineRenderer();
  /** Shared by all readers: each takes out what it puts in. */
  private readonly buffer = new LineBuffer();
  private readonly readers = new Set<RingMonitorReader>();
  private lostBefore = 0;

  constructor(ring: EventRing) {
    this.ring = ring;
  }

  /** Records that monitors lost, those that have ended included. */
  get lost(): number {
    let lost = this.lostBefore;
    for (const reader of this.readers) lost += reader.lost;
    return lost;
  }

  /** Monitors that follow now. */
  get subscribers(): number {
    return this.readers.size;
  }

  open(): MonitorReader {
    const onClose = (): void => {
      if (this.readers.delete(reader)) this.lostBefore += reader.lost;
    };
    const reader = new RingMonitorReader(this.ring, this.lineOf, onClose);
    this.readers.add(reader);
    return reader;
  }

  private readonly lineOf = (event: RingEvent): string | undefined => {
    const { buffer } = this;
    try {
      this.renderer.render(event, buffer);
    } catch {
      // An extension in plain JavaScript may give anything as fields: also what cannot be made text.
      buffer.dropLine();
      return undefined;
    }
    buffer.endLine();
    const batch = buffer.take();
    if (batch === undefined) return undefined;
    const line = batch.bytes.toString("latin1");
    buffer.giveBack(batch);
    return line;
  };
}

class RingMonitorReader implements MonitorReader {
  private readonly reader: RingReader;
  /** undefined: it cannot be rendered. */
  private readonly lineOf: (event: RingEvent) => string | undefined;
  private readonly onClose: () => void;
  private closed = false;
  private told = 0;
  private unrendered = 0;
  private waiting: PromiseWithResolvers<void> | undefined;

  constructor(ring: EventRing, lineOf: (event: RingEvent) => string | undefined, onClose: () => void) {
    this.lineOf = lineOf;
    this.onClose = onClose;
    this.reader = ring.reader({ onReadable: () => this.wake() });
  }

  get lost(): number {
    return this.reader.lost + this.unrendered;
  }

  read(max: number): { readonly lines: readonly string[]; readonly lost: number } | undefined {
    if (this.closed) return undefined;
    // Before reading: what was lost came before what is read now.
    const lost = this.lost - this.told;
    this.told += lost;
    const lines: string[] = [];
    if (this.reader.pending > 0) {
      this.reader.read((event) => {
        const line = this.lineOf(event);
        if (line === undefined) this.unrendered++;
        else lines.push(line);
        return lines.length < max;
      });
    }
    return { lines, lost };
  }

  ready(): Promise<void> {
    if (this.closed || this.reader.pending > 0) return Promise.resolve();
    this.waiting ??= Promise.withResolvers();
    return this.waiting.promise;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
    this.reader.close();
    this.wake();
  }

  private wake(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
