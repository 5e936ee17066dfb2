import type { LogCount } from "../lib/subsystem-log.ts";
import { SUBSYSTEMS } from "../lib/subsystem-log.ts";
import type { ApiRequestCount } from "./api-request-counter.ts";
import { ROUTES_MAX } from "./api-request-counter.ts";
import type { MetricRegistry } from "./metric-registry.ts";

export interface AgentNumbers {
  /** In use, by kind. */
  readonly identities: { readonly reserved: number; readonly workload: number; readonly network: number };
  readonly ipCacheEntries: number;
  readonly events: { readonly recorded: number; readonly capacity: number };
  readonly monitor: { readonly subscribers: number; readonly lost: number };
  readonly accessLog: { readonly lost: number; readonly torn: number };
  readonly log: readonly LogCount[];
  readonly apiRequests: readonly ApiRequestCount[];
}

const METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "other"];
const STATUSES = ["2xx", "3xx", "4xx", "5xx"];

export function addAgentMetrics(registry: MetricRegistry, read: () => AgentNumbers): void {
  addIdentities(registry, read);
  addEvents(registry, read);
  registry.counter(
    {
      name: "weir_errors_warnings_total",
      help: "Errors and warnings that the agent logged, by the part of it that did.",
      labels: { level: ["warning", "error"], subsystem: SUBSYSTEMS },
    },
    (emit) => {
      for (const { level, subsystem, count } of read().log) emit(count, { level, subsystem });
    },
  );
  registry.counter(
    {
      name: "weir_api_requests_total",
      help: "Answered requests to the REST interface.",
      // With `unmatched` and `other`.
      labels: { method: METHODS, route: ROUTES_MAX + 2, status: STATUSES },
    },
    (emit) => {
      for (const { method, route, status, count } of read().apiRequests) emit(count, { method, route, status });
    },
  );
}

function addIdentities(registry: MetricRegistry, read: () => AgentNumbers): void {
  registry.gauge(
    {
      name: "weir_identities",
      help: "Identities in use: reserved ones, those of labels of workloads, and those of networks that rules name.",
      labels: { type: ["reserved", "workload", "network"] },
    },
    (emit) => {
      for (const [type, count] of Object.entries(read().identities)) emit(count, { type });
    },
  );
  registry.gauge(
    { name: "weir_ipcache_entries", help: "Addresses and networks of which the agent knows the identity." },
    (emit) => emit(read().ipCacheEntries),
  );
}

function addEvents(registry: MetricRegistry, read: () => AgentNumbers): void {
  registry.counter(
    {
      name: "weir_event_ring_events_total",
      help: "Events that were put into the ring that access log and monitors read.",
    },
    (emit) => emit(read().events.recorded),
  );
  registry.gauge(
    { name: "weir_event_ring_capacity", help: "Events that the ring holds for the slowest reader." },
    (emit) => emit(read().events.capacity),
  );
  registry.gauge({ name: "weir_monitor_subscribers", help: "Monitors that follow now." }, (emit) =>
    emit(read().monitor.subscribers),
  );
  registry.counter(
    { name: "weir_monitor_lost_total", help: "Events that monitors lost because they were too slow." },
    (emit) => emit(read().monitor.lost),
  );
  registry.counter({ name: "weir_access_log_lost_total", help: "Records that never reached the access log." }, (emit) =>
    emit(read().accessLog.lost),
  );
  registry.counter(
    {
      name: "weir_access_log_torn_lines_total",
      help: "Lines of the access log that were cut off because whoever wrote them was killed or had no room.",
    },
    (emit) => emit(read().accessLog.torn),
  );
}
