import { type MonitorEncoding, PROTOBUF_V1 } from "../api/monitor-protocol.ts";
import type { EventEncoder } from "../monitor/event-encoder.ts";
import { compileFilter, type EventPredicate } from "../monitor/event-filter.ts";
import type { EventRing, RingReader } from "../monitor/event-ring.ts";
import { historyStart } from "../monitor/history.ts";
import { JsonEncoder } from "../monitor/json-encoder.ts";
import { ProtobufEncoder } from "../monitor/protobuf-encoder.ts";
import type { MonitorReader, MonitorRequest, MonitorSource } from "../server/agent-api.ts";

/** Encoded and handed on at a time. */
const BATCH_BYTES = 65_536;
/** Looked at at a time: other work gets its turn in between. */
const BATCH_EVENTS = 1_024;
/** Events are gathered for so long: few large writes take less time from the data plane than many small ones. */
const GATHER_MS = 10;

/** Lets the API's monitors read the ring of events. */
export class RingMonitor implements MonitorSource {
  private readonly ring: EventRing;
  private readonly gatherMs: number;
  /** Shared by all readers: each takes out at once what it puts in. */
  private readonly encoders = new Map<MonitorEncoding, EventEncoder>();
  private readonly readers = new Set<RingMonitorReader>();
  private lostBefore = 0;

  constructor(ring: EventRing, gatherMs: number = GATHER_MS) {
    this.ring = ring;
    this.gatherMs = gatherMs;
  }

  /** Monitors at present. */
  get subscribers(): number {
    return this.readers.size;
  }

  /** Events that monitors lost, those that have ended included. */
  get lost(): number {
    let lost = this.lostBefore;
    for (const reader of this.readers) lost += reader.lost;
    return lost;
  }

  open(request: MonitorRequest): MonitorReader {
    const onClose = (): void => {
      if (this.readers.delete(reader)) this.lostBefore += reader.lost;
    };
    const encoder = this.encoder(request.encoding);
    const reader = new RingMonitorReader({ ring: this.ring, request, encoder, gatherMs: this.gatherMs, onClose });
    this.readers.add(reader);
    return reader;
  }

  private encoder(encoding: MonitorEncoding): EventEncoder {
    let encoder = this.encoders.get(encoding);
    if (encoder === undefined) {
      encoder = encoding === PROTOBUF_V1 ? new ProtobufEncoder() : new JsonEncoder();
      this.encoders.set(encoding, encoder);
    }
    return encoder;
  }
}

interface ReaderOptions {
  readonly ring: EventRing;
  readonly request: MonitorRequest;
  readonly encoder: EventEncoder;
  readonly gatherMs: number;
  readonly onClose: () => void;
}

class RingMonitorReader implements MonitorReader {
  private readonly options: ReaderOptions;
  private readonly reader: RingReader;
  private readonly wants: EventPredicate;
  /** Number of the first event that is not wanted any more. */
  private end: number;
  private closed = false;
  private ended = false;
  /** Where the last batch ended. */
  private position: number;
  private unencoded = 0;
  private toldOverwritten = 0;
  private toldUnencoded = 0;
  /** The last batch was full: there is more at once. */
  private hasMore = true;
  private waiting: PromiseWithResolvers<void> | undefined;
  private gathering: NodeJS.Timeout | undefined;

  constructor(options: ReaderOptions) {
    const { ring, request } = options;
    this.options = options;
    this.wants = compileFilter(request.filter);
    this.end = request.follow ? Number.POSITIVE_INFINITY : ring.head;
    this.position = historyStart(ring, this.wants, request);
    this.reader = ring.reader({ onReadable: () => this.gather(), from: this.position });
  }

  get lost(): number {
    return this.reader.lost + this.unencoded;
  }

  read(): Buffer | undefined {
    if (this.closed || this.ended) return undefined;
    const { reader } = this;
    const { encoder } = this.options;
    this.addLosses(encoder);
    let looked = 0;
    this.hasMore = false;
    if (reader.pending > 0 && reader.cursor < this.end) {
      reader.read((event) => {
        if (this.wants(event) && !encoder.add(event)) this.unencoded++;
        this.hasMore = ++looked >= BATCH_EVENTS || encoder.byteCount >= BATCH_BYTES;
        return !this.hasMore && reader.cursor < this.end;
      });
    }
    this.position = reader.cursor;
    if (reader.cursor >= this.end) {
      this.addLosses(encoder);
      this.ended = true;
    }
    return encoder.take();
  }

  /** Tells of what was lost since the last time, before what comes next. Behind the end, nothing is missed. */
  private addLosses(encoder: EventEncoder): void {
    const { lost } = this.reader;
    const overwritten = Math.min(lost - this.toldOverwritten, Math.max(0, this.end - this.position));
    const count = overwritten + this.unencoded - this.toldUnencoded;
    this.toldOverwritten = lost;
    this.toldUnencoded = this.unencoded;
    if (count > 0) encoder.addLost(count);
  }

  ready(): Promise<void> {
    if (this.closed || this.ended) return Promise.resolve();
    if (this.hasMore) return new Promise((resolve) => setImmediate(resolve));
    this.waiting ??= Promise.withResolvers();
    if (this.reader.pending > 0) this.gather();
    return this.waiting.promise;
  }

  finish(): void {
    this.end = Math.min(this.end, this.options.ring.head);
    this.wake();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.options.onClose();
    this.reader.close();
    this.wake();
  }

  private gather(): void {
    this.gathering ??= setTimeout(() => this.wake(), this.options.gatherMs);
  }

  private wake(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
