import type { AccessLogRecord } from "../api/access-log-record.ts";
import type { EventRing, RingReader } from "./event-ring.ts";
import { toRecord } from "./to-record.ts";

/** A live view of the records, for one monitor. */
export interface RecordReader {
  /**
   * What came since the last call, oldest first, up to `max` records; undefined once the reader is closed.
   * `lost`: how many were overwritten before they were read.
   */
  read(max: number): { readonly records: readonly AccessLogRecord[]; readonly lost: number } | undefined;
  /** Settles as soon as `read` has something to give, or the reader is closed. */
  ready(): Promise<void>;
  close(): void;
}

/** Gives monitors their readers. The ring is the queue of all of them: whoever is too slow loses the oldest records. */
export class RecordSource {
  private readonly ring: EventRing;
  private readonly readers = new Set<FollowingReader>();
  private lostByClosed = 0;

  constructor(ring: EventRing) {
    this.ring = ring;
  }

  /** Records that any monitor, live or gone, did not get. */
  get lost(): number {
    let lost = this.lostByClosed;
    for (const reader of this.readers) lost += reader.lost;
    return lost;
  }

  /** Begins with the next record. */
  open(): RecordReader {
    const reader = new FollowingReader(this.ring, () => {
      this.readers.delete(reader);
      this.lostByClosed += reader.lost;
    });
    this.readers.add(reader);
    return reader;
  }
}

class FollowingReader implements RecordReader {
  private readonly reader: RingReader;
  private readonly onClosed: () => void;
  private lostTold = 0;
  private closed = false;
  private waiting: PromiseWithResolvers<void> | undefined;

  constructor(ring: EventRing, onClosed: () => void) {
    this.onClosed = onClosed;
    this.reader = ring.reader({ onReadable: () => this.settle() });
  }

  get lost(): number {
    return this.reader.lost;
  }

  read(max: number): { readonly records: readonly AccessLogRecord[]; readonly lost: number } | undefined {
    if (this.closed) return undefined;
    // Before the visit: what is lost was lost before the records that follow.
    const lost = this.lost - this.lostTold;
    this.lostTold += lost;
    const records: AccessLogRecord[] = [];
    if (max > 0) {
      this.reader.read((event) => {
        records.push(toRecord(event));
        return records.length < max;
      });
    }
    return { records, lost };
  }

  ready(): Promise<void> {
    if (this.closed || this.reader.pending > 0 || this.lost > this.lostTold) return Promise.resolve();
    this.waiting ??= Promise.withResolvers();
    return this.waiting.promise;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.reader.close();
    this.onClosed();
    this.settle();
  }

  private settle(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
