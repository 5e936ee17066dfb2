import type { ExtensionHostReport } from "../../api/rest.ts";
import { type LogCount, SUBSYSTEMS } from "../../lib/subsystem-log.ts";
import type { MetricSources } from "../metrics.ts";
import type { RecordCount } from "../record-counter.ts";

const EXTENSION_HOST: ExtensionHostReport = {
  extensions: ["r2d2"],
  pid: 2,
  state: "running",
  confined: false,
  unconfined: ["no user of its own"],
  problems: [],
  changed: false,
  connections: 54,
  memoryBytes: 55,
  restarts: 56,
  recordsDropped: 57,
};

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
    hosts: () => ({
      hosts: [
        {
          index: 0,
          pid: 1,
          state: "running",
          connections: 51,
          restarts: 52,
          recordsLost: 53,
          extensionHosts: [EXTENSION_HOST, { ...EXTENSION_HOST, extensions: ["a", "b"], confined: true }],
        },
        { index: 1, pid: 0, state: "down", connections: 0, restarts: 1, recordsLost: 2, extensionHosts: [] },
      ],
      refusedBatches: 45,
    }),
    agent: () => ({
      identities: { reserved: 31, workload: 32, network: 33 },
      ipCacheEntries: 34,
      events: { recorded: 35, capacity: 36 },
      monitor: { subscribers: 37, lost: 38 },
      accessLog: { lost: 39, torn: 44 },
      log,
      apiRequests: [{ method: "GET", route: "/v1/policy/{name}", status: "4xx", count: 40 }],
    }),
  };
}
