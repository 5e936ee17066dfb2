import type { MetricRegistry } from "./metric-registry.ts";
import { PROTOCOLS_MAX, type RecordCount } from "./record-counter.ts";

export interface TrafficNumbers {
  readonly records: readonly RecordCount[];
  readonly listeners: number;
  readonly connections: ConnectionNumbers;
}

/** Live connections, and what became of all others since the start. */
export interface ConnectionNumbers {
  readonly active: number;
  readonly accepted: number;
  readonly opened: number;
  readonly denied: number;
  readonly refused: number;
  readonly resetByPolicy: number;
  readonly observed: number;
  readonly unread: number;
  readonly reidentified: number;
  readonly upstreamFailed: number;
  readonly bytesToUpstream: number;
  readonly bytesToClient: number;
}

/** With `other`. */
const PROTOCOL = PROTOCOLS_MAX + 1;
const DIRECTION = ["ingress", "egress"];
const VERDICT = ["forwarded", "denied", "error", "audit"];
const BY_VERDICT = { protocol: PROTOCOL, direction: DIRECTION, verdict: VERDICT };
const BY_PROTOCOL = { protocol: PROTOCOL, direction: DIRECTION };

export function addTrafficMetrics(registry: MetricRegistry, read: () => TrafficNumbers): void {
  addRequests(registry, () => read().records);
  addConnections(registry, () => read().connections);
  registry.gauge({ name: "weir_proxy_redirects", help: "Open listeners of redirects." }, (emit) =>
    emit(read().listeners),
  );
}

function addRequests(registry: MetricRegistry, read: () => readonly RecordCount[]): void {
  const byVerdict = (name: string, help: string, which: (record: RecordCount) => boolean): void =>
    registry.counter({ name, help, labels: BY_VERDICT }, (emit) => {
      for (const record of read().filter(which)) {
        const { proto: protocol, direction, verdict, count } = record;
        emit(count, { protocol, direction, verdict: verdict.toLowerCase() });
      }
    });
  const audited = (name: string, help: string, which: (record: RecordCount) => boolean): void =>
    registry.counter({ name, help, labels: BY_PROTOCOL }, (emit) => {
      for (const record of read().filter((one) => one.verdict === "Audit" && which(one))) {
        emit(record.count, { protocol: record.proto, direction: record.direction });
      }
    });
  byVerdict("weir_requests_total", "Requests that were decided, by verdict.", isRequest);
  audited("weir_audited_requests_total", "Requests that passed only because of audit mode.", isRequest);
  byVerdict(
    "weir_responses_total",
    "Responses that extensions recorded, by verdict.",
    ({ type }) => type === "Response",
  );
  byVerdict("weir_connection_verdicts_total", "Recorded decisions on whole connections, by verdict.", isConnection);
  audited(
    "weir_audited_connections_total",
    "Decisions that let a whole connection pass only because of audit mode.",
    isConnection,
  );
}

function addConnections(registry: MetricRegistry, read: () => ConnectionNumbers): void {
  registry.gauge({ name: "weir_connections", help: "Live connections." }, (emit) => emit(read().active));
  registry.counter(
    { name: "weir_connections_accepted_total", help: "Connections that clients opened, whatever became of them." },
    (emit) => emit(read().accepted),
  );
  registry.counter(
    { name: "weir_connections_opened_total", help: "Connections that reached their upstream." },
    (emit) => emit(read().opened),
  );
  registry.counter(
    {
      name: "weir_connections_observed_total",
      help: "Connections whose requests were read only to be recorded when they were opened.",
    },
    (emit) => emit(read().observed),
  );
  registry.counter(
    {
      name: "weir_connections_unread_total",
      help: "Observed connections that passed unread from some byte on, because they were not understood.",
    },
    (emit) => emit(read().unread),
  );
  registry.counter(
    {
      name: "weir_connections_reidentified_total",
      help: "Live connections that went on although somebody else stands behind one of their addresses now.",
    },
    (emit) => emit(read().reidentified),
  );
  registry.counter(
    {
      name: "weir_connections_dropped_total",
      help: "Connections that were refused or reset, by reason.",
      labels: { reason: ["policy_denied", "policy_changed", "too_many_connections", "upstream_unreachable"] },
    },
    (emit) => {
      const { denied, refused, resetByPolicy, upstreamFailed } = read();
      emit(denied, { reason: "policy_denied" });
      emit(resetByPolicy, { reason: "policy_changed" });
      emit(refused, { reason: "too_many_connections" });
      emit(upstreamFailed, { reason: "upstream_unreachable" });
    },
  );
  registry.counter(
    {
      name: "weir_forwarded_bytes_total",
      help: "Bytes of connections that were sent on, by which side got them.",
      labels: { receiver: ["upstream", "client"] },
    },
    (emit) => {
      const { bytesToUpstream, bytesToClient } = read();
      emit(bytesToUpstream, { receiver: "upstream" });
      emit(bytesToClient, { receiver: "client" });
    },
  );
}

/** `Denied` is a request that was not passed on. */
function isRequest({ type }: RecordCount): boolean {
  return type === "Request" || type === "Denied";
}

function isConnection({ type }: RecordCount): boolean {
  return type === "Connection";
}
