import type { RecordType, RecordVerdict } from "../api/access-log-record.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { ConnectionInfo, LogFields } from "./connection.ts";

/** Where records of requests and connections go. Must neither throw nor block: a slow reader loses records, and counts them. */
export interface RecordSink {
  /** The sink adds the time. @param fields Kept as they are: they must not change later. */
  record(
    connection: ConnectionInfo,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void;
}
