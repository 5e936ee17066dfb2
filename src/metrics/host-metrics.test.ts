import assert from "node:assert/strict";
import { test } from "node:test";
import { addHostMetrics, type HostNumbers } from "./host-metrics.ts";
import { MetricRegistry } from "./metric-registry.ts";
import { sampleSources } from "./testing/sources.ts";

type Host = HostNumbers["hosts"][number];

const [SERVING] = sampleSources().hosts().hosts as [Host];
const [EXTENSION_HOST] = SERVING.extensionHosts;

function host(pid: number, recordsLost: number, restarts: number): Host {
  const extensionHosts =
    EXTENSION_HOST === undefined ? [] : [{ ...EXTENSION_HOST, restarts, recordsDropped: 10 * restarts }];
  return { ...SERVING, pid, recordsLost, extensionHosts };
}

test("what is counted never goes down when hosts end, and nothing is counted twice", async () => {
  const registry = new MetricRegistry();
  let hosts: readonly Host[] = [];
  addHostMetrics(registry, () => ({ hosts, refusedBatches: 0 }));
  const numberOf = async (name: string): Promise<number | undefined> =>
    (await registry.list()).find((sample) => sample.name === name)?.value;
  const seen: (number | undefined)[][] = [];
  for (const now of [
    [host(7, 3, 1)],
    [host(7, 3, 2), host(8, 1, 5)],
    // One has ended; what it lost is added up a moment later.
    [host(9, 0, 0), host(8, 1, 5)],
    [host(9, 4, 1), host(8, 1, 5)],
    [],
  ]) {
    hosts = now;
    seen.push([
      await numberOf("weir_host_records_lost_total"),
      await numberOf("weir_extension_host_restarts_total"),
      await numberOf("weir_extension_host_records_dropped_total"),
    ]);
  }
  assert.deepEqual(seen, [
    [3, 1, 10],
    [4, 7, 70],
    [4, 7, 70],
    [5, 8, 80],
    [5, 8, 80],
  ]);
});
