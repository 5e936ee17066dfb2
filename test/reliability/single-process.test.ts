import assert from "node:assert/strict";
import { test } from "node:test";
import { runRound } from "./rig/round.ts";

test("a single process: what it has begun is lost with it, and nothing else is", async (t) => {
  const outcome = await runRound({
    topology: { hosts: 0, memcached: "checking" },
    seed: 1,
    connections: 50,
    events: 3,
    only: ["agent: kill -9", "agent: stop", "upstream: kill -9"],
    answersBetween: 400,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(outcome.problems, []);
});
