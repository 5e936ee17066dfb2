import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LOSS } from "../events/event.ts";
import type { RoundOutcome } from "../rig/round-outcome.ts";
import type { Topology } from "../rig/topology.ts";
import { soak, TOPOLOGIES } from "./soak.ts";
import { formatSoak } from "./soak-report.ts";

function outcomeOf(topology: Topology, problems: readonly string[] = []): RoundOutcome {
  const event = { loss: NO_LOSS, refused: 0, tookMs: 1, problems: [] };
  return {
    topology,
    events: [
      { ...event, event: "agent: kill -9", broken: 3, lost: 20, stallMs: 1_500 },
      { ...event, event: "agent: kill -9", broken: 4, lost: 30, stallMs: 900 },
    ],
    connections: 100,
    requests: 12_345,
    answered: 12_295,
    denied: 2_000,
    lost: 50,
    recordsMissing: 7,
    recordsCounted: 7,
    recordsTwice: 0,
    problems,
  };
}

const options = { seed: 5, minutes: 0, connections: 10, say: () => {} };

test("a soak has a round of every set-up at least, each with a seed of its own", async () => {
  const seeds: number[] = [];
  const outcomes = await soak(options, async ({ topology, seed }) => {
    seeds.push(seed);
    return outcomeOf(topology);
  });
  assert.deepEqual(
    outcomes.map(({ topology }) => topology),
    TOPOLOGIES,
  );
  assert.deepEqual(
    seeds,
    TOPOLOGIES.map((_, index) => 5 + index),
  );
});

test("a soak ends with the first round that has a problem", async () => {
  const outcomes = await soak(options, async ({ topology, seed }) => outcomeOf(topology, seed === 6 ? ["wrong"] : []));
  assert.equal(outcomes.length, 2);
});

test("a soak's report adds up by set-up and by event, and tells the longest wait", () => {
  const report = formatSoak([
    outcomeOf({ hosts: 2, memcached: "checking" }),
    outcomeOf({ hosts: 2, memcached: "checking" }),
  ]);
  const cells = report.split("\n").map((line) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  assert.deepEqual(cells[2], ["hosts: 2", "2", "4", "200", "24,690", "4,000", "100", "14", "14", "0", "0"]);
  assert.deepEqual(cells.at(-1), ["agent: kill -9", "4", "14", "100", "1,500"]);
});
