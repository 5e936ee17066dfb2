import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { AgentEvent } from "../api/monitor-event.ts";
import { HISTORY_EVENTS_MAX } from "../api/monitor-protocol.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { LogFields } from "../proxylib/connection.ts";
import type { FieldSource, RecordedConnection, RecordSink, TimedRecordSink } from "../proxylib/record-sink.ts";

const CAPACITY = 8_192;
/**
 * Events that stay after everybody has read them. Few enough that most records die young: what lives on until the next
 * garbage collection is copied by it, and that is what remembering costs.
 */
const REMEMBERED = HISTORY_EVENTS_MAX;

/** One event. The object is used again for a later one: read it during the visit, keep what it refers to. */
export type RingEvent = RingRecord | RingAgentEvent;

/** What became of a request or a connection. */
export interface RingRecord {
  readonly timeMs: number;
  readonly agent?: undefined;
  readonly connection: RecordedConnection;
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  readonly origin: RuleOrigin | undefined;
  readonly fields: LogFields;
  /** Has the fields, too, where they came from another process and nobody has read them yet. */
  readonly source?: FieldSource | undefined;
  /** Place of the record in `source`. */
  readonly at?: number;
}

/** What the agent itself tells. */
export interface RingAgentEvent {
  readonly timeMs: number;
  readonly agent: AgentEvent;
}

/** A place in the ring. Empty once everybody has read it and enough later events are there to be remembered. */
class Slot {
  timeMs = 0;
  agent: AgentEvent | undefined = undefined;
  connection: RecordedConnection | undefined = undefined;
  type: RecordType = "Request";
  verdict: RecordVerdict = "Forwarded";
  origin: RuleOrigin | undefined = undefined;
  source: FieldSource | undefined = undefined;
  at = 0;
  private known: LogFields | undefined = undefined;

  get fields(): LogFields | undefined {
    if (this.known === undefined && this.source !== undefined) this.fields = this.source.read(this.at);
    return this.known;
  }

  set fields(fields: LogFields | undefined) {
    this.known = fields;
    this.source = undefined;
  }
}

export interface RingReaderOptions {
  /** There is something to read. Called outside of `record`, once for whatever came since the last time. */
  readonly onReadable: () => void;
  /**
   * The ring is full of what this reader has not read. It may read now, within `record`, before the oldest event is
   * overwritten; must be quick. Without it, or where it does not read, events are lost and counted.
   */
  readonly onFull?: () => void;
  /** Number of the first event to read, from `EventRing.oldest` on. Default: the next one to be recorded. */
  readonly from?: number;
}

/** Reads the ring at its own pace. */
export class RingReader {
  /** Number of the next event to read. */
  cursor: number;
  readonly options: RingReaderOptions;
  private readonly ring: EventRing;
  private overwritten = 0;
  private closed = false;

  constructor(ring: EventRing, cursor: number, options: RingReaderOptions) {
    this.ring = ring;
    this.cursor = cursor;
    this.options = options;
  }

  /** Events that were overwritten before this reader came to them. */
  get lost(): number {
    this.skipOverwritten();
    return this.overwritten;
  }

  /** Events that wait. */
  get pending(): number {
    this.skipOverwritten();
    return this.ring.head - this.cursor;
  }

  /**
   * Visits waiting events, oldest first. The visitor gives false to stop; the event that it saw counts as read.
   *
   * @returns Whether everything was read.
   */
  read(visit: (event: RingEvent) => boolean | undefined): boolean {
    this.skipOverwritten();
    while (this.cursor < this.ring.head) {
      const event = this.ring.at(this.cursor);
      this.cursor++;
      if (visit(event) === false) break;
    }
    return this.cursor === this.ring.head;
  }

  /** Reads nothing more; `lost` stays as it is. */
  close(): void {
    this.skipOverwritten();
    this.closed = true;
    this.ring.remove(this);
  }

  private skipOverwritten(): void {
    if (this.closed) {
      this.cursor = this.ring.head;
      return;
    }
    const oldest = this.ring.head - this.ring.capacity;
    if (this.cursor >= oldest) return;
    this.overwritten += oldest - this.cursor;
    this.cursor = oldest;
  }
}

/**
 * All events of one process, some of the last ones kept for readers that come later: a bounded ring of slots that are used
 * again and again. Recording allocates nothing and waits for nobody: readers follow at their own pace, and whoever is too slow
 * loses the oldest events and knows how many.
 */
export class EventRing implements RecordSink, TimedRecordSink {
  readonly capacity: number;
  /** Number of the next event. */
  head = 0;
  private readonly remembered: number;
  /** All slots below this event number are empty. */
  private forgotten = 0;
  private readonly slots: Slot[];
  private readonly mask: number;
  private readonly schedule: (wake: () => void) => void;
  private readonly wakeReaders: () => void = () => this.wake();
  private readers: readonly RingReader[] = [];
  private readonly clock: Clock;
  private turnMs = 0;
  private turnIsTimed = false;
  private wakeIsDue = false;
  /** The first event number for which a reader's `onFull` must be called. */
  private fullAt = Number.POSITIVE_INFINITY;

  /**
   * @param options.capacity A power of two.
   * @param options.remembered So many events stay after everybody has read them.
   * @param options.schedule Runs a function soon and once, outside of the current call. Default: `setImmediate`; a timer
   * where larger batches matter more than a short delay.
   */
  constructor(
    options: {
      readonly capacity?: number;
      readonly remembered?: number;
      readonly schedule?: (wake: () => void) => void;
      readonly clock?: Clock;
    } = {},
  ) {
    const capacity = options.capacity ?? CAPACITY;
    if (!(capacity >= 2) || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`the capacity of the event ring must be a power of two, not ${capacity}`);
    }
    this.capacity = capacity;
    this.remembered = Math.min(options.remembered ?? REMEMBERED, capacity);
    this.mask = capacity - 1;
    this.schedule = options.schedule ?? setImmediate;
    this.clock = options.clock ?? systemClock;
    this.slots = Array.from({ length: capacity }, () => new Slot());
  }

  record(
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void {
    this.readClock();
    this.fill(this.turnMs, connection, type, verdict, origin).fields = fields;
    this.recorded();
  }

  recordAt(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    source: FieldSource,
    at: number,
  ): void {
    const slot = this.fill(timeMs, connection, type, verdict, origin);
    slot.fields = undefined;
    slot.source = source;
    slot.at = at;
    this.recorded();
  }

  /** Records what the agent tells of itself, in order with the records. */
  notify(event: AgentEvent): void {
    this.readClock();
    const slot = this.nextSlot(this.turnMs);
    slot.agent = event;
    slot.connection = undefined;
    slot.origin = undefined;
    slot.fields = undefined;
    this.recorded();
  }

  /** Number of the oldest event that is still there. */
  get oldest(): number {
    return Math.max(this.forgotten, this.head - this.capacity);
  }

  /** Adds a reader. */
  reader(options: RingReaderOptions): RingReader {
    const reader = new RingReader(this, options.from ?? this.head, options);
    this.readers = [...this.readers, reader];
    this.findFullAt();
    return reader;
  }

  /** For readers: see `RingReader.close`. */
  remove(reader: RingReader): void {
    this.readers = this.readers.filter((other) => other !== reader);
    this.findFullAt();
  }

  /** For readers: an event that is still in the ring. */
  at(sequence: number): RingEvent {
    return this.slots[sequence & this.mask] as RingEvent;
  }

  /** Once for all that is recorded within one turn of the event loop. */
  private readClock(): void {
    if (this.turnIsTimed) return;
    this.turnMs = this.clock.now();
    // Without readers nobody ends the turn.
    this.turnIsTimed = this.readers.length > 0;
  }

  private fill(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
  ): Slot {
    const slot = this.nextSlot(timeMs);
    slot.agent = undefined;
    slot.connection = connection;
    slot.type = type;
    slot.verdict = verdict;
    slot.origin = origin;
    return slot;
  }

  private nextSlot(timeMs: number): Slot {
    if (this.head >= this.fullAt) this.relieve();
    const slot = this.slots[this.head & this.mask] as Slot;
    slot.timeMs = timeMs;
    return slot;
  }

  private recorded(): void {
    this.head++;
    if (this.readers.length === 0) this.forget();
    if (this.wakeIsDue || this.readers.length === 0) return;
    this.wakeIsDue = true;
    this.schedule(this.wakeReaders);
  }

  private wake(): void {
    this.wakeIsDue = false;
    this.turnIsTimed = false;
    try {
      for (const reader of this.readers) reader.options.onReadable();
    } finally {
      this.findFullAt();
      this.forget();
    }
  }

  /** Empties the slots that everybody has read, but for the last ones. */
  private forget(): void {
    let end = this.head - this.remembered;
    for (const reader of this.readers) end = Math.min(end, reader.cursor);
    for (let sequence = Math.max(this.forgotten, this.head - this.capacity); sequence < end; sequence++) {
      const slot = this.slots[sequence & this.mask] as Slot;
      slot.agent = undefined;
      slot.connection = undefined;
      slot.fields = undefined;
      slot.origin = undefined;
    }
    this.forgotten = Math.max(this.forgotten, end);
  }

  private relieve(): void {
    for (const reader of this.readers) {
      if (this.head - reader.cursor < this.capacity || reader.options.onFull === undefined) continue;
      try {
        reader.options.onFull();
      } catch {
        // Recording must not fail because a reader does; what it did not read counts as lost.
      }
    }
    // A reader that did not make room is asked again after another quarter of the ring, not for every single event.
    this.findFullAt(this.head + this.capacity / 4);
  }

  /** @param againAt When to ask a reader for which the ring is full already. */
  private findFullAt(againAt: number = this.head): void {
    let fullAt = Number.POSITIVE_INFINITY;
    for (const reader of this.readers) {
      if (reader.options.onFull === undefined) continue;
      const readerFullAt = reader.cursor + this.capacity;
      fullAt = Math.min(fullAt, readerFullAt > this.head ? readerFullAt : againAt);
    }
    this.fullAt = fullAt;
  }
}
