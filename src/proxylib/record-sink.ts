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

/** The same for records that were made elsewhere, and have their time. */
export interface TimedRecordSink {
  /** @param timeMs When it was decided: milliseconds since the epoch. */
  recordAt(
    timeMs: number,
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void;
}
