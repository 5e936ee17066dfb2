import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiProblem } from "../api/rest.ts";
import { LoadGate } from "./load-gate.ts";

const problem: ApiProblem = { source: "f", line: 1, column: 1, path: "", message: "broken" };

function gate(open: () => Promise<void> = async () => {}) {
  const seen = { problems: [] as ApiProblem[], opened: 0, failures: [] as unknown[] };
  const made = new LoadGate(
    () => seen.problems,
    async () => {
      seen.opened++;
      await open();
    },
    (error) => void seen.failures.push(error),
  );
  return { gate: made, seen };
}

test("nothing opens before the load has ended, whatever is looked at", async () => {
  const { gate: it, seen } = gate();
  await it.look();
  assert.deepEqual([it.state, seen.opened], ["loading", 0]);
  await it.loaded();
  assert.deepEqual([it.state, seen.opened], ["open", 1]);
});

test("a problem keeps it shut until it is mended; later ones do not shut it", async () => {
  const { gate: it, seen } = gate();
  seen.problems = [problem];
  await it.loaded();
  await it.look();
  assert.deepEqual([it.state, seen.opened], ["blocked", 0]);
  seen.problems = [];
  await it.look();
  seen.problems = [problem];
  await it.look();
  assert.deepEqual([it.state, seen.opened], ["open", 1]);
});

test("it opens once, also when several look at the same time", async () => {
  const { gate: it, seen } = gate();
  await Promise.all([it.loaded(), it.look(), it.look()]);
  assert.equal(seen.opened, 1);
});

test("an agent that ends meanwhile stays ending, and never opens", async () => {
  const opening = Promise.withResolvers<void>();
  const { gate: it } = gate(() => opening.promise);
  const looked = it.loaded();
  it.drain();
  opening.resolve();
  await looked;
  assert.equal(it.state, "draining");
  const other = gate();
  other.gate.drain();
  await other.gate.loaded();
  assert.equal(other.seen.opened, 0);
});

test("a listener that cannot open is told", async () => {
  const { gate: it, seen } = gate(() => Promise.reject(new Error("in use")));
  await it.loaded();
  assert.equal(it.state, "blocked");
  assert.match(String(seen.failures[0]), /in use/);
});

test("an agent that ends while listeners open is not told that they cannot", async () => {
  const opening = Promise.withResolvers<void>();
  const { gate: it, seen } = gate(() => opening.promise);
  const looked = it.loaded();
  it.drain();
  opening.reject(new Error("told to end"));
  await looked;
  assert.deepEqual([it.state, seen.failures], ["draining", []]);
});
