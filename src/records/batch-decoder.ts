import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { latin1Text } from "../lib/bytes/text.ts";
import { LruMap } from "../lib/lru-map.ts";
import type { RecordedConnection, TimedRecordSink } from "../proxylib/record-sink.ts";
import { BatchFields } from "./batch-fields.ts";
import { type BatchHeader, readHeader } from "./batch-header.ts";
import {
  BATCH_BYTES_MAX,
  CONNECTION_ITEM,
  ORIGIN_ITEM,
  RECORD_ITEM,
  SHAPE_ITEM,
  TIME_ITEM,
  TYPES,
  VERDICTS,
  WITH_ORIGIN,
} from "./batch-layout.ts";
import { ByteReader, MalformedBatch } from "./byte-reader.ts";
import { readConnection } from "./connection-bytes.ts";
import { readOrigin } from "./origin-bytes.ts";
import { NO_ORIGIN, RecordColumns } from "./record-columns.ts";
import { type RecordShape, readShape } from "./record-shape.ts";

/** Bytes of connections, rules and names that are remembered, each. */
const REMEMBERED_BYTES_MAX = 8_388_608;
const NO_BYTES = Buffer.alloc(0);
const CODE_MASK = TYPES.length * VERDICTS.length - 1;
/** Farthest time that JavaScript's dates know. */
const TIME_MS_MAX = 8.64e15;

/** A batch that can be read from the first byte to the last. */
export interface DecodedBatch {
  readonly header: BatchHeader;
  /** Gives records to a sink, in order: those from `start` to `end - 1`. Not after the next batch has been decoded. */
  deliver(sink: TimedRecordSink, start?: number, end?: number): void;
}

/** One that cannot: none of its records is used. */
export interface RefusedBatch {
  /** What is wrong. */
  readonly malformed: string;
  /** If that much could be read. */
  readonly header: BatchHeader | undefined;
}

/**
 * Reads batches: see batch-layout.ts. What says the same of a connection or of a rule is the same object in all batches, so
 * that readers can keep what they made of it.
 */
export class BatchDecoder {
  private readonly connectionsByBytes = new LruMap<string, RecordedConnection>(REMEMBERED_BYTES_MAX);
  private readonly originsByBytes = new LruMap<string, RuleOrigin>(REMEMBERED_BYTES_MAX);
  private readonly shapesByBytes = new LruMap<string, RecordShape>(REMEMBERED_BYTES_MAX);
  /** Of this batch, by their numbers. */
  private readonly connections: RecordedConnection[] = [];
  private readonly origins: RuleOrigin[] = [];
  private fields = new BatchFields(NO_BYTES);
  /** Of this batch, record by record. */
  private readonly columns = new RecordColumns();

  /** @param bytes Are not kept: what sinks keep of the records refers to a copy. */
  decode(bytes: Uint8Array): DecodedBatch | RefusedBatch {
    let header: BatchHeader | undefined;
    try {
      if (bytes.length > BATCH_BYTES_MAX) throw new MalformedBatch(`a batch of ${bytes.length} bytes`);
      const reader = new ByteReader(Buffer.from(bytes));
      header = readHeader(reader);
      this.readItems(reader, header.records);
      return { header, deliver: (sink, start, end) => this.deliver(sink, start, end) };
    } catch (error) {
      this.forget();
      if (error instanceof MalformedBatch) return { malformed: error.message, header };
      throw error;
    }
  }

  private readItems(reader: ByteReader, records: number): void {
    this.forget();
    this.fields = new BatchFields(reader.bytes);
    let timeMs = Number.NaN;
    while (reader.at < reader.end) {
      const item = reader.byte();
      if (item >= RECORD_ITEM) this.readRecord(reader, item, timeMs);
      else if (item === TIME_ITEM) timeMs = reader.double();
      else if (item === CONNECTION_ITEM)
        this.connections.push(this.once(this.connectionsByBytes, reader, readConnection));
      else if (item === ORIGIN_ITEM) this.origins.push(this.once(this.originsByBytes, reader, readOrigin));
      else if (item === SHAPE_ITEM) this.fields.shapes.push(this.once(this.shapesByBytes, reader, readShape, weightOf));
      else throw new MalformedBatch(`an unknown item ${item} before byte ${reader.at}`);
    }
    const { count } = this.columns;
    if (count !== records) throw new MalformedBatch(`${count} records where ${records} were told`);
  }

  private readRecord(reader: ByteReader, item: number, timeMs: number): void {
    if (!(Math.abs(timeMs) <= TIME_MS_MAX))
      throw new MalformedBatch(`a record without a time before byte ${reader.at}`);
    const connection = reader.varint();
    const hasOrigin = (item & WITH_ORIGIN) !== 0;
    const origin = hasOrigin ? reader.varint() : NO_ORIGIN;
    const place = reader.at;
    const shape = this.fields.shapes[reader.short()];
    const code = item & ~(RECORD_ITEM | WITH_ORIGIN);
    const isKnown = connection < this.connections.length && origin < this.origins.length && shape !== undefined;
    if (!isKnown || code > CODE_MASK) {
      throw new MalformedBatch(`a record of something unknown before byte ${reader.at}`);
    }
    for (let left = shape.names.length; left > 0; left--) reader.skipText();
    this.columns.add(timeMs, code, connection, origin, place);
  }

  /**
   * What was made of the same bytes before, or is made now.
   *
   * @param weigh Bytes that it takes besides those that it was made of.
   */
  private once<T>(
    known: LruMap<string, T>,
    reader: ByteReader,
    read: (bytes: Buffer) => T,
    weigh?: (value: T) => number,
  ): T {
    const start = reader.skip(reader.varint());
    const key = latin1Text(reader.bytes, start, reader.at);
    let value = known.get(key);
    if (value === undefined) {
      value = read(reader.bytes.subarray(start, reader.at));
      known.set(key, value, key.length + 1 + (weigh?.(value) ?? 0));
    }
    return value;
  }

  private deliver(sink: TimedRecordSink, start = 0, end: number = this.columns.count): void {
    const { count, times, codes, connections, origins, places } = this.columns;
    for (let at = start; at < Math.min(end, count); at++) {
      const code = codes[at] as number;
      const origin = origins[at] as number;
      sink.recordAt(
        times[at] as number,
        this.connections[connections[at] as number] as RecordedConnection,
        TYPES[code >> 2] as RecordType,
        VERDICTS[code & 3] as RecordVerdict,
        origin === NO_ORIGIN ? undefined : this.origins[origin],
        this.fields,
        places[at] as number,
      );
    }
  }

  private forget(): void {
    this.connections.length = 0;
    this.origins.length = 0;
    this.columns.count = 0;
    // What sinks keep refers to it; nothing else should.
    this.fields = new BatchFields(NO_BYTES);
  }
}

function weightOf(shape: RecordShape): number {
  return shape.weight;
}
