import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { ConnectionInfo, LogFields } from "./connection.ts";

/** What records tell of a connection. */
export type RecordedConnection = Pick<ConnectionInfo, "ingress" | "source" | "destination" | "proto">;

/** Where records of requests and connections go. Must neither throw nor block: a slow reader loses records, and counts them. */
export interface RecordSink {
  /** The sink adds the time. @param fields Kept as they are: they must not change later. */
  record(
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void;
}

/** JSON in ASCII, added piece by piece. */
export interface JsonTarget {
  addByte(byte: number): void;
  /** Constant text of ASCII characters. */
  addBytes(bytes: Uint8Array): void;
  /** Any text as a JSON string. */
  addJsonText(text: string): void;
  /** Latin-1 text as a JSON string: bytes from `start` to `end - 1`. */
  addJsonLatin1(bytes: Buffer, start: number, end: number): void;
}

/** The fields of records, in the bytes in which they came from another process: read only where somebody looks. */
export interface FieldSource {
  /** @param at Place of the record. */
  read(at: number): LogFields;
  /** Adds what JSON.stringify would give for the fields, but without the brackets. */
  addJson(at: number, json: JsonTarget): void;
}

/** The same for records that were made elsewhere, and have their time. */
export interface TimedRecordSink {
  /** @param timeMs When it was decided: milliseconds since the epoch. @param at Place of the record in `source`. */
  recordAt(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    source: FieldSource,
    at: number,
  ): void;
}
