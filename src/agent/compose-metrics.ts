import type { IdentityAllocator } from "../identity/allocator.ts";
import { identityType } from "../identity/identity-type.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import type { SubsystemLog } from "../lib/subsystem-log.ts";
import type { ApiRequestCounter } from "../metrics/api-request-counter.ts";
import type { MetricSources } from "../metrics/metrics.ts";
import type { RecordCounter } from "../metrics/record-counter.ts";
import type { EventRing } from "../monitor/event-ring.ts";
import type { AgentDataPlane } from "./agent-data-plane.ts";
import type { AgentAccessLog } from "./compose-access-log.ts";
import type { RingMonitor } from "./monitor-source.ts";
import type { PolicyCore } from "./policy/policy-core.ts";
import type { PolicySources } from "./policy/policy-sources.ts";
import type { RecordReceiver } from "./records/record-receiver.ts";

/** The rooms that count. */
export interface MetricParts {
  readonly identities: IdentityAllocator;
  readonly ipCache: IpCache;
  readonly policy: PolicyCore;
  readonly sources: PolicySources;
  readonly dataPlane: AgentDataPlane;
  readonly records: RecordCounter;
  readonly receiver: Pick<RecordReceiver, "refused">;
  readonly ring: EventRing;
  readonly monitor: RingMonitor;
  readonly accessLog: AgentAccessLog;
  readonly log: SubsystemLog;
  readonly apiRequests: ApiRequestCounter;
}

/** Where each metric's numbers are. Read one by one at each scrape, so what costs something is a getter. */
export function metricSources(parts: MetricParts): MetricSources {
  const { policy, sources, dataPlane, records, receiver, ring, monitor, accessLog, log, apiRequests } = parts;
  return {
    policy: () => ({
      ...sources.counts,
      revision: policy.repository.revision,
      get conflicting() {
        return policy.endpoints.policyProblems().size;
      },
      get policies() {
        const counts = { enforce: 0, audit: 0 };
        for (const { mode } of policy.repository.list()) counts[mode]++;
        return counts;
      },
    }),
    endpoints: () =>
      policy.endpoints.list().map((endpoint) => ({
        state: endpoint.state,
        enforcement: endpoint.enforcement,
        audit: endpoint.audit,
        failed: endpoint.failure !== undefined,
      })),
    traffic: () => ({
      connections: dataPlane.counters,
      get records() {
        return records.counts();
      },
      get listeners() {
        return dataPlane.status().listeners.length;
      },
    }),
    hosts: () => ({ hosts: dataPlane.status().hosts ?? [], refusedBatches: receiver.refused }),
    agent: () => ({
      get identities() {
        const counts = { reserved: 0, workload: 0, network: 0 };
        for (const { id } of parts.identities.list()) counts[identityType(id)]++;
        return counts;
      },
      ipCacheEntries: parts.ipCache.size,
      events: { recorded: ring.head, capacity: ring.capacity },
      monitor: { subscribers: monitor.subscribers, lost: monitor.lost },
      accessLog: { lost: accessLog.lost, torn: accessLog.torn },
      get log() {
        return log.counts();
      },
      get apiRequests() {
        return apiRequests.counts();
      },
    }),
  };
}
