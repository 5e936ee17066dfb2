// What server and clients of `GET /v1/monitor` agree on; docs/monitor.md describes it for others.

/** JSON lines: what every client can read, and what one gets that asks for nothing in particular. */
export const NDJSON = "application/x-ndjson";
/** Delimited messages of proto/weir/monitor/v1/monitor.proto. */
export const PROTOBUF_V1 = "application/vnd.weir.monitor.v1+protobuf";

/** Every encoding, newest first. */
export const MONITOR_ENCODINGS: readonly [typeof PROTOBUF_V1, typeof NDJSON] = [PROTOBUF_V1, NDJSON];
export type MonitorEncoding = (typeof MONITOR_ENCODINGS)[number];

/**
 * Header of the answer, `1`: the agent took all parameters of the query into account. Agents that do not send it know no
 * filters, and send every record.
 */
export const MONITOR_VERSION_HEADER = "weir-monitor-version";
export const MONITOR_VERSION = "1";

/** Filters of the query. Each may be given several times; with `not-` in front, what fits is left out. */
export const MONITOR_FILTERS = ["from", "to", "related-to", "type", "verdict", "proto", "policy"] as const;
export type MonitorFilterName = (typeof MONITOR_FILTERS)[number];

/** How often one filter may be given. */
export const FILTER_VALUES_MAX = 32;
/** Longest encoded event; a longer one counts as lost. */
export const EVENT_BYTES_MAX = 1_048_576;
/** Events that the agent keeps for those who ask later. */
export const HISTORY_EVENTS_MAX = 1_024;

/** What a client asks for. */
export interface MonitorQuery {
  readonly filters?: readonly { readonly name: MonitorFilterName; readonly not: boolean; readonly value: string }[];
  /** A duration before now (`5m`), or a time (RFC 3339). */
  readonly since?: string | undefined;
  /** So many of the last events that the filters let through. */
  readonly last?: number | undefined;
  /** Go on with what comes. Default: yes, unless `since` or `last` is given. */
  readonly follow?: boolean | undefined;
}

/** Field numbers and values of monitor.proto, where encoder and decoder both need them. */
export const RECORD_TYPES = ["", "Request", "Response", "Denied", "Connection"] as const;
export const VERDICTS = ["", "Forwarded", "Denied", "Error", "Audit"] as const;
export const DIRECTIONS = ["", "ingress", "egress"] as const;
export const EFFECTS = [undefined, "deny", "missing"] as const;
