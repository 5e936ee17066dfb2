import type { EndpointSummary, StatusReport } from "../api/rest.ts";
import type { IdentityAllocator } from "../identity/allocator.ts";
import { packageVersion } from "../lib/version.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentApi } from "../server/agent-api.ts";
import type { AgentDataPlane } from "./agent-data-plane.ts";
import type { AgentAccessLog } from "./compose-access-log.ts";
import type { AgentConfig } from "./config/config.ts";
import type { EndpointRegistry } from "./endpoint-registry.ts";
import { endpointSummary } from "./endpoint-view.ts";
import type { LoadGate } from "./load-gate.ts";
import type { RingMonitor } from "./monitor-source.ts";
import type { PolicyCore } from "./policy/policy-core.ts";
import type { PolicySources } from "./policy/policy-sources.ts";
import type { RuntimeConfig } from "./runtime-config.ts";
import { statusReport } from "./status-report.ts";

/** The rooms that the API tells of. */
export interface ApiParts {
  readonly config: AgentConfig;
  readonly runtime: RuntimeConfig;
  readonly registry: ExtensionRegistry;
  readonly identities: IdentityAllocator;
  readonly policy: PolicyCore;
  readonly endpoints: EndpointRegistry;
  readonly sources: PolicySources;
  readonly dataPlane: AgentDataPlane;
  readonly metrics: Metrics;
  readonly monitor: RingMonitor;
  readonly accessLog: AgentAccessLog;
  readonly gate: LoadGate;
  readonly startedAtMs: number;
}

export function composeApi(parts: ApiParts): AgentApi {
  const { startedAtMs } = parts;
  const endpoints = (): readonly EndpointSummary[] => parts.policy.endpoints.list().map(endpointSummary);
  return {
    status: () => status(parts, endpoints(), startedAtMs),
    endpoints,
    identities: () => parts.identities.list().map(({ id, labels }) => ({ id, labels: labels.texts })),
    endpoint: parts.endpoints,
    config: parts.runtime,
    policy: parts.sources.api,
    trace: (query) => parts.policy.trace(query),
    metrics: parts.metrics,
    monitor: parts.monitor,
  };
}

function status(parts: ApiParts, endpoints: readonly EndpointSummary[], startedAtMs: number): StatusReport {
  const { config, policy, sources, dataPlane, identities, registry } = parts;
  return statusReport({
    gate: parts.gate.state,
    agent: {
      version: packageVersion(),
      pid: process.pid,
      startedAt: new Date(startedAtMs).toISOString(),
      config: config.file,
      stateDir: config.stateDir,
      policyEnforcement: parts.runtime.values.policyEnforcement,
    },
    dataPlane: dataPlane.status(),
    endpoints,
    revision: policy.repository.revision,
    documents: policy.repository.list().length,
    files: sources.files,
    savedProblems: [...parts.endpoints.problems, ...sources.api.problems],
    savedWarnings: [...parts.endpoints.warnings, ...policyWarnings(policy)],
    audited: policy.endpoints.list().flatMap(({ name, audit }) => (audit ? name : [])),
    redirects: config.redirects,
    counts: { identities: identities.list().length, extensions: registry.declarations().size },
    accessLogFailure: parts.accessLog.failure,
    accessLogLost: parts.accessLog.lost,
  });
}

/** Why documents are not in force somewhere. */
function policyWarnings(policy: PolicyCore): string[] {
  return [...policy.endpoints.policyProblems()].flatMap(([name, problems]) =>
    problems.map((problem) => `policy ${name}: ${problem}`),
  );
}
