import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatSections, replaceSections } from "../../benchmarks/document.ts";
import { EXTENSION_INSIDE, EXTENSION_OUTSIDE, HOSTS_GROUPS, hostsName } from "../../benchmarks/hosts/groups.ts";
import { formatHostsResults, formatSpread } from "../../benchmarks/hosts/report.ts";
import type { ProxyResults } from "../../benchmarks/proxy/suite.ts";
import type { Sample } from "../../benchmarks/proxy/turn.ts";
import { repositoryRoot } from "../support/repository.ts";

/** Three rounds of everything, each on a machine that is busier than before; `cpu` of the calmest one, by candidate. */
function resultsOf(cpu: Readonly<Record<string, number>>, failures: ProxyResults["failures"] = []): ProxyResults {
  const samples = HOSTS_GROUPS.flatMap(({ modes, candidates }) =>
    modes.flatMap((mode) =>
      candidates.flatMap(({ name }) =>
        [1, 2, 3].map((busy, round): Sample => {
          const figures = { requests: 1_000, requestsPerSecond: 1, p50Us: 1, p99Us: 1, memoryPeakMib: 1 };
          const shares = { candidateBusy: 1, loadBusy: 1, serverBusy: 1 };
          const cpuSecondsPerMillion = (cpu[name] ?? 1) * busy;
          const spread = [mode.connections - round, round];
          const who = { mode: mode.name, candidate: name, round };
          return { ...who, ...figures, ...shares, cpuSecondsPerMillion, processes: 3, spread };
        }),
      ),
    ),
  );
  const candidates = [...new Set(samples.map(({ candidate }) => candidate))];
  const modes = HOSTS_GROUPS.flatMap((group) => group.modes);
  return { pinning: undefined, candidates, modes, samples, failures };
}

const CPU = { [hostsName(0)]: 10, [hostsName(1)]: 11, [EXTENSION_INSIDE]: 20, [EXTENSION_OUTSIDE]: 26 };

test("benchmarks: topologies are compared with one process, and extensions with themselves in one process", () => {
  const text = formatHostsResults(resultsOf(CPU));
  const rows = (name: string): string[][] =>
    text
      .split("\n")
      .filter((line) => line.startsWith(`| ${name} `))
      .map((line) => line.split("|").map((cell) => cell.trim()));
  const ratios = (name: string): Set<string | undefined> => new Set(rows(name).map((cells) => cells[7]));
  assert.deepEqual(ratios(hostsName(0)), new Set(["1.00"]));
  assert.deepEqual(ratios(hostsName(1)), new Set(["1.10"]));
  assert.deepEqual(ratios(EXTENSION_OUTSIDE), new Set(["1.30"]));
  assert.equal(rows(hostsName(1)).length, 5);
  // In the middle round the machine is twice as busy: 40 and 52.
  const hops = rows("Extension: 50 connections, 1 in flight");
  assert.deepEqual(hops[0]?.slice(2, 6), ["40.0", "52.0", "12.0", "1.30"]);
});

test("benchmarks: how connections were spread is told place by place", () => {
  assert.equal(formatSpread([{ spread: [27, 23] }, { spread: [30, 20] }, { spread: [50, 0] }]), "30 + 20");
  assert.equal(formatSpread([{ spread: undefined }]), "–");
});

test("benchmarks: turns that failed are counted and named, and answers of the others, too", () => {
  assert.match(
    formatHostsResults(resultsOf(CPU)),
    /\d+,000 answers in \d+ turns were right, byte for byte\. Wrong or lost: 0\.$/,
  );
  const failures = [
    { mode: "50 connections, 1 in flight", candidate: hostsName(2), reason: "a wrong answer" },
    { mode: "", candidate: hostsName(1), reason: "it did not listen" },
  ];
  const text = formatHostsResults(resultsOf(CPU, failures));
  assert.match(text, /Turns that failed: 2\./);
  assert.match(
    text,
    /- weir, hosts: 2, 50 connections, 1 in flight: a wrong answer\n- weir, hosts: 1, at its start: it did/,
  );
  assert.doesNotMatch(text, /lost: 0/);
});

test("benchmarks: what was measured of hosts has its place in the documentation", () => {
  const machine = { loadAverage: 0 } as Parameters<typeof formatSections>[0]["machine"];
  const nothing = { micro: undefined, matcher: undefined, policy: undefined, proxy: undefined };
  const sections = formatSections({ machine, ...nothing, hosts: resultsOf(CPU) });
  const document = readFileSync(`${repositoryRoot}/docs/benchmarks.md`, "utf8");
  const updated = replaceSections(document, sections);
  assert.match(updated, /## One process and several[\s\S]*### The hop to an extension's own process/);
});
