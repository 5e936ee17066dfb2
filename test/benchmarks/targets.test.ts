import assert from "node:assert/strict";
import { test } from "node:test";
import { cassandraBenchmarks } from "../../benchmarks/micro/cassandra.ts";
import { memcachedBenchmarks } from "../../benchmarks/micro/memcached.ts";
import { NODE_PIPE, WEIR } from "../../benchmarks/proxy/candidate.ts";
import { MODES } from "../../benchmarks/proxy/mode.ts";
import type { Sample } from "../../benchmarks/proxy/suite.ts";
import type { Results } from "../../benchmarks/results.ts";
import { formatTargets } from "../../benchmarks/targets.ts";

/** Making them takes seconds: the policies have 10,000 rules. */
const BENCHMARKS = [...memcachedBenchmarks(), ...cassandraBenchmarks()].map(({ name, unit }) => ({ name, unit }));

/** A run in which every parser's work took `nanoseconds` and every proxy `cpu` CPU-s per million; nothing else was measured. */
function resultsOf(nanoseconds: number, cpu: number): Results {
  const sample = { round: 0, requestsPerSecond: 1, p50Us: 1, p99Us: 1, candidateBusy: 1, loadBusy: 1, serverBusy: 1 };
  const samples = MODES.flatMap(({ name }): Sample[] => [
    { ...sample, mode: name, candidate: WEIR, cpuSecondsPerMillion: cpu, memoryPeakMib: 1 },
    { ...sample, mode: name, candidate: NODE_PIPE, cpuSecondsPerMillion: 1, memoryPeakMib: 1 },
  ]);
  const machine = { loadAverage: 0 } as Results["machine"];
  const cost = { nanoseconds, nanosecondsMin: nanoseconds, allocations: 0, allocatedBytes: 0 };
  const micro = BENCHMARKS.map((benchmark) => ({ ...benchmark, ...cost }));
  const proxy = { pinning: undefined, candidates: [WEIR, NODE_PIPE], modes: MODES, samples, failures: [] };
  return { machine, micro, matcher: undefined, policy: undefined, proxy };
}

function targetsAbout(subject: string, results: Results): readonly string[] {
  return formatTargets(results)
    .split("\n")
    .filter((line) => line.includes(subject));
}

// A target whose work was renamed would say "not measured" for ever.
test("benchmarks: what is measured of CQL is held against its targets", () => {
  const targets = targetsAbout("CQL", resultsOf(240, 0.9));
  assert.equal(targets.length, 6);
  for (const line of targets) assert.match(line, /\| +met, /, line);
  for (const line of targetsAbout("CQL", resultsOf(20_000, 1.6))) assert.match(line, /missed by/, line);
});

test("benchmarks: a pipeline of CQL is held against a single request", () => {
  const pipelines = targetsAbout("pipelined", resultsOf(100, 1));
  assert.equal(pipelines.length, 3);
  for (const line of pipelines) assert.match(line, /\| +1\.00 × \| +met, 17 % below/, line);
});

test("benchmarks: what was not measured is said to be so", () => {
  const nothing: Results = { ...resultsOf(1, 1), micro: undefined, proxy: undefined };
  for (const line of targetsAbout("CQL", nothing)) assert.match(line, /not measured/, line);
});
