import assert from "node:assert/strict";
import { test } from "node:test";
import { hostsName, WITHOUT_HOSTS } from "../../benchmarks/hosts/groups.ts";
import { cassandraBenchmarks } from "../../benchmarks/micro/cassandra.ts";
import { memcachedBenchmarks } from "../../benchmarks/micro/memcached.ts";
import { NODE_PIPE, WEIR } from "../../benchmarks/proxy/candidate.ts";
import { MODES } from "../../benchmarks/proxy/mode.ts";
import type { ProxyResults } from "../../benchmarks/proxy/suite.ts";
import type { Sample } from "../../benchmarks/proxy/turn.ts";
import type { Results } from "../../benchmarks/results.ts";
import { formatTargets } from "../../benchmarks/targets.ts";

/** Making them takes seconds: the policies have 10,000 rules. */
const BENCHMARKS = [...memcachedBenchmarks(), ...cassandraBenchmarks()].map(({ name, unit }) => ({ name, unit }));

/** A run in which every parser's work took `nanoseconds` and every proxy `cpu` CPU-s per million; nothing else was measured. */
function resultsOf(nanoseconds: number, cpu: number): Results {
  const figures = { round: 0, requests: 1, requestsPerSecond: 1, p50Us: 1, p99Us: 1, memoryPeakMib: 1 };
  const sample = { ...figures, candidateBusy: 1, loadBusy: 1, serverBusy: 1, processes: 1, spread: undefined };
  const measure = (candidate: string, base: string): ProxyResults => ({
    pinning: undefined,
    candidates: [candidate, base],
    modes: MODES,
    samples: MODES.flatMap(({ name }): Sample[] => [
      { ...sample, mode: name, candidate, cpuSecondsPerMillion: cpu },
      { ...sample, mode: name, candidate: base, cpuSecondsPerMillion: 1 },
    ]),
    failures: [],
  });
  const machine = { loadAverage: 0 } as Results["machine"];
  const cost = { nanoseconds, nanosecondsMin: nanoseconds, allocations: 0, allocatedBytes: 0 };
  const micro = BENCHMARKS.map((benchmark) => ({ ...benchmark, ...cost }));
  const proxy = measure(WEIR, NODE_PIPE);
  const hosts = measure(hostsName(1), WITHOUT_HOSTS);
  return { machine, micro, matcher: undefined, policy: undefined, proxy, hosts };
}

function targetsAbout(subject: string, results: Results): readonly string[] {
  return formatTargets(results)
    .split("\n")
    .filter((line) => line.includes(subject));
}

// A target whose work was renamed would say "not measured" for ever.
test("benchmarks: what is measured of CQL is held against its targets", () => {
  const targets = targetsAbout("CQL", resultsOf(240, 0.9));
  assert.equal(targets.length, 8);
  for (const line of targets) assert.match(line, /\| +met, /, line);
  for (const line of targetsAbout("CQL", resultsOf(20_000, 1.6))) assert.match(line, /missed by/, line);
});

test("benchmarks: a pipeline of CQL is held against a single request", () => {
  const pipelines = targetsAbout("pipelined", resultsOf(100, 1));
  assert.equal(pipelines.length, 3);
  for (const line of pipelines) assert.match(line, /\| +1\.00 × \| +met, 17 % below/, line);
});

test("benchmarks: one host is held against none", () => {
  const targets = targetsAbout("hosts: 1", resultsOf(1, 1.05));
  assert.equal(targets.length, 3);
  for (const line of targets) assert.match(line, /\| +1\.05 × \| +met, 5 % below/, line);
});

test("benchmarks: what was not measured is said to be so", () => {
  const nothing: Results = { ...resultsOf(1, 1), micro: undefined, proxy: undefined, hosts: undefined };
  for (const line of [...targetsAbout("CQL", nothing), ...targetsAbout("hosts: 1", nothing)])
    assert.match(line, /not measured/, line);
});
