import type { EndpointState } from "../endpoint/endpoint-state.ts";
import type { RegenerationObserver, RegenerationPhase } from "../endpoint/regeneration-observer.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** One endpoint. */
export interface EndpointNumbers {
  readonly state: string;
  readonly enforcement: { readonly ingress: boolean; readonly egress: boolean };
  /** What would be denied passes and is recorded. */
  readonly audit: boolean;
  /** Its newest policy is not in force. */
  readonly failed: boolean;
}

/** A record, so that the compiler misses a state that is added. */
const STATES: Readonly<Record<EndpointState, true>> = {
  "waiting-for-identity": true,
  "waiting-to-regenerate": true,
  regenerating: true,
  ready: true,
  disconnecting: true,
  disconnected: true,
};
const PHASES: Readonly<Record<RegenerationPhase, true>> = { resolve: true, apply: true, total: true };
const OUTCOMES = ["success", "fail"] as const;

/** From a tenth of a millisecond, which resolving a small policy takes, to what only a stuck data plane takes. */
const SECONDS_BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export function addEndpointMetrics(registry: MetricRegistry, read: () => readonly EndpointNumbers[]): void {
  registry.gauge(
    {
      name: "weir_endpoints",
      help: "Endpoints by mode; in audit mode what would be denied passes and is recorded.",
      labels: { mode: ["enforce", "audit"] },
    },
    (emit) => {
      for (const { audit } of read()) emit(1, { mode: audit ? "audit" : "enforce" });
    },
  );
  registry.gauge(
    { name: "weir_endpoint_state", help: "Endpoints in each state.", labels: { endpoint_state: Object.keys(STATES) } },
    (emit) => {
      for (const { state } of read()) emit(1, { endpoint_state: state });
    },
  );
  registry.gauge(
    {
      name: "weir_policy_endpoint_enforcement_status",
      help: "Endpoints by the directions in which policy is enforced.",
      labels: { enforcement: ["none", "ingress", "egress", "both"] },
    },
    (emit) => {
      for (const { enforcement } of read()) emit(1, { enforcement: directionsOf(enforcement) });
    },
  );
  registry.gauge(
    { name: "weir_endpoint_policy_failures", help: "Endpoints whose newest policy is not in force." },
    (emit) => emit(read().filter(({ failed }) => failed).length),
  );
}

/** Registers the metrics of regenerations. @returns Whom to tell of them. */
export function addRegenerationMetrics(registry: MetricRegistry): RegenerationObserver {
  const outcomes = { success: 0, fail: 0 };
  registry.counter(
    {
      name: "weir_endpoint_regenerations_total",
      help: "Regenerations of endpoints, by whether the newest policy was in force afterwards.",
      labels: { outcome: OUTCOMES },
    },
    (emit) => {
      for (const outcome of OUTCOMES) emit(outcomes[outcome], { outcome });
    },
  );
  const observe = registry.histogram(
    {
      name: "weir_endpoint_regeneration_duration_seconds",
      help:
        "Time of a regeneration by phase: resolve computes the policy of an identity, apply is the data planes' work " +
        "for one endpoint, total is one change from its import until all endpoints have it.",
      labels: { phase: Object.keys(PHASES) },
    },
    SECONDS_BUCKETS,
  );
  return {
    took: (phase, seconds) => observe({ phase }, seconds),
    regenerated: (outcome) => void outcomes[outcome]++,
  };
}

function directionsOf(enforcement: { readonly ingress: boolean; readonly egress: boolean }): string {
  if (enforcement.ingress && enforcement.egress) return "both";
  if (enforcement.ingress) return "ingress";
  return enforcement.egress ? "egress" : "none";
}
