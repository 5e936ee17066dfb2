import { LineRenderer } from "../accesslog/line-renderer.ts";
import type { EventRing, RingReader } from "../monitor/event-ring.ts";
import type { MonitorReader, MonitorSource } from "../server/agent-api.ts";

/** Lets the API's monitors read the ring of events, as lines of the access log. */
export class RingMonitor implements MonitorSource {
  private readonly ring: EventRing;
  private readonly renderer = new LineRenderer();
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

  open(): MonitorReader {
    const reader = new RingMonitorReader(this.ring, this.renderer, () => {
      if (this.readers.delete(reader)) this.lostBefore += reader.lost;
    });
    this.readers.add(reader);
    return reader;
  }
}

class RingMonitorReader implements MonitorReader {
  private readonly reader: RingReader;
  private readonly renderer: LineRenderer;
  private readonly onClose: () => void;
  private closed = false;
  private told = 0;
  private waiting: PromiseWithResolvers<void> | undefined;

  constructor(ring: EventRing, renderer: LineRenderer, onClose: () => void) {
    this.renderer = renderer;
    this.onClose = onClose;
    this.reader = ring.reader({ onReadable: () => this.wake() });
  }

  get lost(): number {
    return this.reader.lost;
  }

  read(max: number): { readonly lines: readonly string[]; readonly lost: number } | undefined {
    if (this.closed) return undefined;
    // Before reading: what was lost came before what is read now.
    const lost = this.reader.lost - this.told;
    this.told += lost;
    const lines: string[] = [];
    if (this.reader.pending > 0) {
      this.reader.read((event) => {
        lines.push(this.renderer.render(event));
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
