import { Counter, Gauge, Registry } from "@prometheus-io/client";
import type { MetricSample } from "../api/rest.ts";
import type { MetricSources } from "./metric-sources.ts";

const ENDPOINT_STATES = [
  "creating",
  "waiting-for-identity",
  "not-ready",
  "waiting-to-regenerate",
  "regenerating",
  "restoring",
  "ready",
  "disconnecting",
  "disconnected",
];

/** All metrics of an agent, collected when somebody asks: nothing is paid for between two scrapes. */
export class Metrics {
  private readonly registry = new Registry();

  constructor(sources: MetricSources, startedAtMs: number) {
    this.addPolicy(sources);
    this.addEndpoints(sources);
    this.addTraffic(sources);
    this.addProcess(startedAtMs);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  async list(): Promise<readonly MetricSample[]> {
    const metrics = await this.registry.getMetricsAsJSON();
    return metrics.flatMap((metric) =>
      metric.values.map(({ value, labels }) => ({
        name: metric.name,
        value,
        labels: Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, String(text)])),
      })),
    );
  }

  private addPolicy(sources: MetricSources): void {
    this.gauge("weir_policy_count", "Policy documents in force.", () => sources.policy().documents);
    this.gauge("weir_policy_max_revision", "Revision of the policy repository.", () => sources.policy().revision);
    this.counter("weir_policy_import_errors_total", "Imports that were refused.", () => sources.policy().importErrors);
    this.gauge("weir_identity_count", "Identities in use, reserved ones included.", () => sources.identities());
  }

  private addEndpoints(sources: MetricSources): void {
    this.gauge("weir_endpoint_count", "Endpoints.", () => sources.endpoints().length);
    const state = this.labelled(Gauge, "weir_endpoint_state", "Endpoints in each state.", ["endpoint_state"], () => {
      for (const name of ENDPOINT_STATES) state.set({ endpoint_state: name }, 0);
      for (const endpoint of sources.endpoints()) state.inc({ endpoint_state: endpoint.state });
    });
    const enforcement = this.labelled(
      Gauge,
      "weir_policy_endpoint_enforcement_status",
      "Endpoints by the directions in which policy is enforced.",
      ["enforcement"],
      () => {
        for (const name of ["none", "ingress", "egress", "both"]) enforcement.set({ enforcement: name }, 0);
        for (const endpoint of sources.endpoints()) enforcement.inc({ enforcement: directions(endpoint.enforcement) });
      },
    );
  }

  private addTraffic(sources: MetricSources): void {
    this.gauge("weir_proxy_redirects", "Open listeners.", () => sources.listeners());
    this.gauge("weir_proxy_connections", "Live connections.", () => sources.connections().active);
    this.counter("weir_proxy_connections_total", "Accepted connections.", () => sources.connections().accepted);
    const ended = this.labelled(
      Counter,
      "weir_drop_count_total",
      "Connections that were refused or reset, by reason.",
      ["reason"],
      () => {
        const { denied, refused, resetByPolicy, upstreamFailed } = sources.connections();
        ended.inc({ reason: "policy denied" }, denied);
        ended.inc({ reason: "policy changed" }, resetByPolicy);
        ended.inc({ reason: "too many connections" }, refused);
        ended.inc({ reason: "upstream unreachable" }, upstreamFailed);
      },
    );
    const bytes = this.labelled(Counter, "weir_forward_bytes_total", "Bytes sent on.", ["direction"], () => {
      const { bytesToUpstream, bytesToClient } = sources.connections();
      bytes.inc({ direction: "request" }, bytesToUpstream);
      bytes.inc({ direction: "reply" }, bytesToClient);
    });
    const records = this.labelled(
      Counter,
      "weir_policy_l7_total",
      "Records of the access log by protocol, type and verdict.",
      ["proto", "type", "verdict"],
      () => {
        for (const { proto, type, verdict, count } of sources.records()) {
          records.inc({ proto, type: type.toLowerCase(), verdict: verdict.toLowerCase() }, count);
        }
      },
    );
    this.counter("weir_access_log_lost_total", "Records that the access log lost.", () => sources.lost().accessLog);
    this.counter("weir_monitor_lost_total", "Records that monitors lost.", () => sources.lost().monitor);
  }

  private addProcess(startedAtMs: number): void {
    this.gauge("weir_process_start_time_seconds", "Start of the process since the epoch.", () => startedAtMs / 1000);
    this.gauge("weir_process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
    this.counter("weir_process_cpu_seconds_total", "CPU time, user and system.", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge = this.labelled(Gauge, name, help, [], () => gauge.set(read()));
  }

  private counter(name: string, help: string, read: () => number): void {
    const counter = this.labelled(Counter, name, help, [], () => counter.inc(read()));
  }

  /** A metric whose values are made anew from the sources at every scrape. */
  private labelled<M extends Gauge | Counter>(
    kind: new (configuration: {
      name: string;
      help: string;
      labelNames: string[];
      registers: Registry[];
      collect: () => void;
    }) => M,
    name: string,
    help: string,
    labelNames: string[],
    collect: () => void,
  ): M {
    const metric: M = new kind({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        metric.reset();
        collect();
      },
    });
    return metric;
  }
}

function directions(enforcement: { readonly ingress: boolean; readonly egress: boolean }): string {
  if (enforcement.ingress && enforcement.egress) return "both";
  if (enforcement.ingress) return "ingress";
  return enforcement.egress ? "egress" : "none";
}
