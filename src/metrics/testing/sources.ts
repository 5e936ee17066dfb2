import { type LogCount, SUBSYSTEMS } from "../../lib/subsystem-log.ts";
import type { MetricSources } from "../metrics.ts";
import type { RecordCount } from "../record-counter.ts";

/** Sources with a different number everywhere, so that none can be taken for another. */
export function sampleSources(records: () => readonly RecordCount[] = () => []): MetricSources {
  const log = SUBSYSTEMS.map((subsystem): LogCount => ({ level: "error", subsystem, count: subsystem.length }));
  return {
    policy: () => ({
      revision: 5,
      policies: { enforce: 2, audit: 3 },
      conflicting: 4,
      importErrors: { file: 11, api: 12 },
      problems: { file: 13, api: 14 },
    }),
    endpoints: () => [
      { state: "ready", enforcement: { ingress: true, egress: false }, audit: false, failed: false },
      { state: "ready", enforcement: { ingress: true, egress: true }, audit: true, failed: true },
      { state: "regenerating", enforcement: { ingress: false, egress: false }, audit: false, failed: false },
    ],
    traffic: () => ({
      records: records(),
      listeners: 21,
      connections: {
        active: 22,
        accepted: 23,
        opened: 24,
        denied: 25,
        refused: 26,
        resetByPolicy: 27,
        upstreamFailed: 28,
        observed: 41,
        unread: 42,
        reidentified: 43,
        bytesToUpstream: 100,
        bytesToClient: 200,
      },
    }),
    agent: () => ({
      identities: { reserved: 31, workload: 32, network: 33 },
      ipCacheEntries: 34,
      events: { recorded: 35, capacity: 36 },
      monitor: { subscribers: 37, lost: 38 },
      accessLog: { lost: 39 },
      log,
      apiRequests: [{ method: "GET", route: "/v1/policy/{name}", status: "4xx", count: 40 }],
    }),
  };
}
