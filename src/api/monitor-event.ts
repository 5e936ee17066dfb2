import type { AccessLogRecord, RecordType, RecordVerdict } from "./access-log-record.ts";
import type { MonitorLost } from "./rest.ts";

/** Kinds of events, as `weir monitor --type` names them. */
export const EVENT_TYPES = ["drop", "policy-verdict", "l7", "agent"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What an agent tells of itself. Later versions may tell more: whoever reads must expect other texts. */
export type AgentEventSubtype =
  | "Agent started"
  | "Agent draining"
  | "Listeners opened"
  | "Listeners failed"
  | "Configuration changed"
  | "Policy updated"
  | "Policy deleted"
  | "Endpoint created"
  | "Endpoint changed"
  | "Endpoint deleted"
  | "Endpoint regenerated"
  | "Failed endpoint regeneration"
  | "Host started"
  | "Host adopted"
  | "Host ended"
  | "Extension host started"
  | "Extension host ended";

/** Which members are there depends on the subtype; see docs/monitor.md. */
export interface AgentMessage {
  readonly version?: string;
  /** Name of the endpoint. */
  readonly endpoint?: string;
  readonly identity?: number;
  /** `source:key=value` */
  readonly labels?: readonly string[];
  /** Names of policy documents. */
  readonly policies?: readonly string[];
  /** Revision of the policy repository. */
  readonly revision?: number;
  /** Rules in the documents that were put in force. */
  readonly ruleCount?: number;
  /** Where the agent listens now. */
  readonly listeners?: readonly string[];
  /** Name → new value. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Why it failed, or ended. */
  readonly error?: string;
  /** Number of the host process, from 0. */
  readonly host?: number;
  readonly pid?: number;
  /** Names of the extensions that a process runs. */
  readonly extensions?: readonly string[];
  /** Connections that ended with the process. */
  readonly connections?: number;
  /** Records that were lost with the process. */
  readonly recordsLost?: number;
}

/** Something that the agent tells of itself. */
export interface AgentEvent<Subtype extends string = AgentEventSubtype> {
  readonly subtype: Subtype;
  readonly message: AgentMessage;
}

/** The same as an item of the stream. */
export interface AgentItem extends AgentEvent<string> {
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly type: "agent";
}

/** What the monitor gives: one line of JSON, or one message of protobuf. */
export type MonitorItem = AccessLogRecord | AgentItem | MonitorLost;

/** The kind of a record: `l7` speaks of requests, the other two of connections. */
export function eventTypeOf(type: RecordType, verdict: RecordVerdict): EventType {
  if (type !== "Connection") return "l7";
  return verdict === "Denied" || verdict === "Error" ? "drop" : "policy-verdict";
}
