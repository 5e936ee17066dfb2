import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { LogFields } from "../proxylib/connection.ts";
import type { RecordedConnection } from "../proxylib/record-sink.ts";
import { BatchBuffer, NO_ROOM } from "./batch-buffer.ts";
import { headerBytes, nextAfter, writeHeader } from "./batch-header.ts";
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  CONNECTION_ITEM,
  FIELDS_MAX,
  ORIGIN_ITEM,
  RECORD_ITEM,
  SHAPE_ITEM,
  SHAPES_MAX,
  TIME_ITEM,
  TYPES,
  VERDICTS,
  WITH_ORIGIN,
} from "./batch-layout.ts";
import { addConnection } from "./connection-bytes.ts";
import { type FieldNames, FieldNameTree } from "./field-names.ts";
import { addOrigin } from "./origin-bytes.ts";

/** Where the bytes of one part begin: few are longer. */
const PART_BYTES = 256;

/** The bytes of a connection or of a rule's origin, made once, and its number in the batch that has it. */
interface Part {
  readonly bytes: Uint8Array;
  batch: number;
  number: number;
}

/**
 * What became of a record: it is in the batch; the batch has no room for it; or none ever has: it is too large, or it
 * cannot be made text.
 */
export type Added = "added" | "full" | "unfit";

/** Writes records into batches: see batch-layout.ts. Adding one allocates nothing. */
export class BatchEncoder {
  private readonly instance: string;
  private readonly headerLength: number;
  private readonly buffer = new BatchBuffer();
  private readonly names = new FieldNameTree();
  private readonly parts = new WeakMap<object, Part>();
  /** Counts batches, so that each part knows whether this one has it. */
  private batch = 0;
  private first = 0;
  private recordCount = 0;
  private lostCount = 0;
  private lostBefore = 0;
  private connectionCount = 0;
  private originCount = 0;
  private shapeCount = 0;
  private timeMs = Number.NaN;
  /** Where the last whole item ends. */
  private whole = 0;
  private lastConnection: RecordedConnection | undefined;
  private lastConnectionNumber = 0;

  /** @param instance Of the host. Throws RangeError where it can be none. */
  constructor(instance: string) {
    this.instance = instance;
    this.headerLength = headerBytes(instance);
    this.begin();
  }

  /** Bytes of the batch that is being made. */
  get byteCount(): number {
    return this.whole;
  }

  /** Records in it. */
  get records(): number {
    return this.recordCount;
  }

  /** Neither records are in it, nor were any lost. */
  get isEmpty(): boolean {
    return this.recordCount === 0 && this.lostCount === 0;
  }

  /** Records that were lost, since the first. */
  get lost(): number {
    return this.lostBefore + this.lostCount;
  }

  /** Number of the next record. */
  get next(): number {
    return this.first + this.recordCount + this.lostCount;
  }

  /** The batch that is being made becomes no longer than this. */
  limit(bytesMax: number): void {
    this.buffer.bytesMax = Math.min(bytesMax, BATCH_BYTES_MAX);
  }

  add(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): Added {
    const typeCode = codeOf(TYPES, type);
    const verdictCode = codeOf(VERDICTS, verdict);
    if (typeCode < 0 || verdictCode < 0) return "unfit";
    if (this.recordCount >= BATCH_RECORDS_MAX) return "full";
    const tag = RECORD_ITEM + typeCode * VERDICTS.length + verdictCode;
    this.names.trim();
    try {
      if (timeMs !== this.timeMs) this.addTime(timeMs);
      if (connection !== this.lastConnection) {
        this.lastConnectionNumber = this.numberOf(connection);
        this.lastConnection = connection;
      }
      const originNumber = origin === undefined ? -1 : this.originNumberOf(origin);
      // Twice where the batch does not have the names yet.
      if (!this.addRecord(tag, originNumber, fields) && !this.addRecord(tag, originNumber, fields)) return "unfit";
      this.recordCount++;
      return "added";
    } catch (error) {
      this.buffer.length = this.whole;
      if (error !== NO_ROOM) return "unfit";
      // Of no use without a record, and they take its room.
      if (this.recordCount === 0) this.begin();
      return "full";
    }
  }

  /** Counts a record that was made and will be in no batch. */
  addLost(): void {
    this.lostCount++;
  }

  /** Ends the batch and begins the next one. */
  take(): Uint8Array {
    const { instance, first, recordCount: records, lostCount: lost, lostBefore } = this;
    const header = { instance, first, records, lost, lostBefore, again: false };
    this.buffer.length = this.whole;
    const bytes = Buffer.from(this.buffer.bytes);
    writeHeader(header, bytes);
    this.first = nextAfter(header);
    this.recordCount = 0;
    this.lostCount = 0;
    this.lostBefore += lost;
    this.begin();
    return bytes;
  }

  private begin(): void {
    this.batch++;
    this.connectionCount = 0;
    this.originCount = 0;
    this.shapeCount = 0;
    this.timeMs = Number.NaN;
    this.lastConnection = undefined;
    // The header is written when the batch ends.
    this.buffer.length = this.headerLength;
    this.whole = this.headerLength;
  }

  private addTime(timeMs: number): void {
    this.buffer.addByte(TIME_ITEM);
    this.buffer.addDouble(timeMs);
    this.whole = this.buffer.length;
    this.timeMs = timeMs;
  }

  private numberOf(connection: RecordedConnection): number {
    const part = this.parts.get(connection) ?? this.partOf(connection, connectionBytes(connection));
    if (part.batch !== this.batch) {
      this.addPart(CONNECTION_ITEM, part, this.connectionCount);
      this.connectionCount++;
    }
    return part.number;
  }

  private originNumberOf(origin: RuleOrigin): number {
    const part = this.parts.get(origin) ?? this.partOf(origin, originBytes(origin));
    if (part.batch !== this.batch) {
      this.addPart(ORIGIN_ITEM, part, this.originCount);
      this.originCount++;
    }
    return part.number;
  }

  private partOf(key: object, bytes: Uint8Array): Part {
    const part: Part = { bytes, batch: -1, number: 0 };
    this.parts.set(key, part);
    return part;
  }

  private addPart(item: number, part: Part, number: number): void {
    const { buffer } = this;
    buffer.addByte(item);
    buffer.addVarint(part.bytes.length);
    buffer.addBytes(part.bytes);
    this.whole = buffer.length;
    part.batch = this.batch;
    part.number = number;
  }

  /** @returns false: the batch did not have the names of the fields. Now it has. */
  private addRecord(tag: number, originNumber: number, fields: LogFields): boolean {
    const { buffer } = this;
    if (originNumber < 0) {
      buffer.addByte(tag);
      buffer.addVarint(this.lastConnectionNumber);
    } else {
      buffer.addByte(tag + WITH_ORIGIN);
      buffer.addVarint(this.lastConnectionNumber);
      buffer.addVarint(originNumber);
    }
    const shapeAt = buffer.addShort();
    let names = this.names.root;
    for (const name in fields) {
      names = names.with(name);
      const value: unknown = fields[name];
      // Extensions may be plain JavaScript: whatever they give is shown as text.
      buffer.addText(typeof value === "string" ? value : String(value));
    }
    if (names.batch !== this.batch) {
      this.addShape(names);
      return false;
    }
    buffer.setShort(shapeAt, names.number);
    this.whole = buffer.length;
    return true;
  }

  private addShape(names: FieldNames): void {
    const { buffer } = this;
    buffer.length = this.whole;
    if (names.depth > FIELDS_MAX) throw new RangeError("more fields than a record may have");
    if (this.shapeCount >= SHAPES_MAX) throw NO_ROOM;
    const list = new BatchBuffer(PART_BYTES);
    list.addVarint(names.depth);
    for (const name of names.list()) list.addText(name);
    buffer.addByte(SHAPE_ITEM);
    buffer.addVarint(list.length);
    buffer.addBytes(list.bytes);
    this.whole = buffer.length;
    names.batch = this.batch;
    names.number = this.shapeCount++;
  }
}

function connectionBytes(connection: RecordedConnection): Uint8Array {
  const buffer = new BatchBuffer(PART_BYTES);
  addConnection(connection, buffer);
  return Uint8Array.from(buffer.bytes);
}

function originBytes(origin: RuleOrigin): Uint8Array {
  const buffer = new BatchBuffer(PART_BYTES);
  addOrigin(origin, buffer);
  return Uint8Array.from(buffer.bytes);
}

/** A plain loop over few constants costs less than the array's own search. */
function codeOf(values: readonly string[], value: string): number {
  for (let at = 0; at < values.length; at++) if (values[at] === value) return at;
  return -1;
}
