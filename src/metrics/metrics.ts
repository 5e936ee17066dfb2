import type { MetricSample } from "../api/rest.ts";
import type { RegenerationObserver } from "../endpoint/regeneration-observer.ts";
import { type AgentNumbers, addAgentMetrics } from "./agent-metrics.ts";
import { addEndpointMetrics, addRegenerationMetrics, type EndpointNumbers } from "./endpoint-metrics.ts";
import { EventLoopLagMonitor } from "./event-loop-lag.ts";
import { addHostMetrics, type HostNumbers } from "./host-metrics.ts";
import { MetricRegistry } from "./metric-registry.ts";
import { addPolicyMetrics, type PolicyNumbers } from "./policy-metrics.ts";
import { addRuntimeMetrics } from "./runtime-metrics.ts";
import { addTrafficMetrics, type TrafficNumbers } from "./traffic-metrics.ts";

/** Where the numbers come from: plain counters of the other rooms, read when somebody asks. */
export interface MetricSources {
  policy(): PolicyNumbers;
  endpoints(): readonly EndpointNumbers[];
  traffic(): TrafficNumbers;
  hosts(): HostNumbers;
  agent(): AgentNumbers;
}

/** All metrics of an agent: docs/metrics.md has the list. */
export class Metrics implements Disposable {
  /** Wants to be told of regenerations. */
  readonly regenerations: RegenerationObserver;
  private readonly registry = new MetricRegistry();
  private readonly lag = new EventLoopLagMonitor(() => performance.now());

  constructor(build: { readonly version: string; readonly startedAtMs: number }) {
    this.regenerations = addRegenerationMetrics(this.registry);
    addRuntimeMetrics(this.registry, { ...build, lag: this.lag });
  }

  /** To be called once, when all rooms are there. */
  readFrom(sources: MetricSources): void {
    addPolicyMetrics(this.registry, () => sources.policy());
    addEndpointMetrics(this.registry, () => sources.endpoints());
    addTrafficMetrics(this.registry, () => sources.traffic());
    addHostMetrics(this.registry, () => sources.hosts());
    addAgentMetrics(this.registry, () => sources.agent());
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    return this.registry.text();
  }

  list(): Promise<readonly MetricSample[]> {
    return this.registry.list();
  }

  [Symbol.dispose](): void {
    this.lag[Symbol.dispose]();
  }
}
