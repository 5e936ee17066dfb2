import assert from "node:assert/strict";
import { test } from "node:test";
import { runRound } from "./rig/round.ts";

/** `npm run soak` has all of them, again and again. */
const SHORT_FORM = [
  "agent: kill -9",
  "agent: stop",
  "agent and extension host: kill -9",
  "built-in host: kill -9",
  "built-in host: freeze",
  "extension host: kill -9",
  "extension host: freeze for ever",
  "upstream: kill -9",
];

test("several processes: nothing is lost but what a killed built-in host must take with it", async (t) => {
  const { problems } = await runRound({
    topology: { hosts: 2, memcached: "checking" },
    seed: 2,
    connections: 50,
    events: SHORT_FORM.length,
    only: SHORT_FORM,
    answersBetween: 300,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(problems, []);
});
