import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FAILING_MS_MAX, type RevisionState, RevisionWaiters } from "./revision-waiters.ts";

/** Waiters under a clock and a state that the test moves. */
function bench(t: TestContext) {
  const world = { now: 0, state: { wanted: 2, realized: 1, failures: [] } as RevisionState };
  const waiters = new RevisionWaiters(
    () => world.state,
    () => world.now,
  );
  t.after(() => waiters.close());
  const never = new AbortController().signal;
  return { world, waiters, never };
}

test("a revision that is in force is answered at once, and no timer is left", async (t) => {
  const { waiters, never } = bench(t);
  assert.deepEqual(await waiters.wait(1, 0, never), { revision: 1 });
});

test("a waiter hears of its revision as soon as every endpoint has it", async (t) => {
  const { world, waiters, never } = bench(t);
  const two = waiters.wait(2, 1000, never);
  const three = waiters.wait(3, 1000, never);
  world.state = { wanted: 3, realized: 2, failures: [] };
  waiters.look();
  assert.deepEqual(await two, { revision: 2 });
  world.state = { wanted: 3, realized: 3, failures: [] };
  waiters.look();
  assert.deepEqual(await three, { revision: 3 });
});

test("the end of the time says how far it is, and a time of 0 looks once", async (t) => {
  const { world, waiters, never } = bench(t);
  await assert.rejects(waiters.wait(2, 0, never), { code: "WEIR_TIMEOUT" });
  const waiting = waiters.wait(2, 1000, never);
  world.now = 999;
  waiters.look();
  world.now = 1000;
  world.state = { wanted: 2, realized: 1, failures: ["endpoint x: broken"] };
  waiters.look();
  await assert.rejects(waiting, /revision 2 did not come into force: .*revision 2, and 1 is.*\n {2}endpoint x: broken/);
});

test("an endpoint that refuses for a minute ends the wait; one that recovers does not", async (t) => {
  const { world, waiters, never } = bench(t);
  const failing: RevisionState = { wanted: 2, realized: 1, failures: ["endpoint x: broken"] };
  const waiting = waiters.wait(2, 10 * FAILING_MS_MAX, never);
  let ended = false;
  const end = assert.rejects(waiting, { code: "WEIR_TIMEOUT" }).then(() => {
    ended = true;
  });
  const at = async (now: number, state: RevisionState): Promise<void> => {
    world.now = now;
    world.state = state;
    waiters.look();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await at(1, failing);
  await at(FAILING_MS_MAX, { ...failing, failures: [] });
  await at(FAILING_MS_MAX + 5, failing);
  await at(2 * FAILING_MS_MAX + 4, failing);
  assert.equal(ended, false);
  await at(2 * FAILING_MS_MAX + 5, failing);
  await end;
});

test("who has gone waits no more, and there is a bound on how many do", async (t) => {
  const { waiters, never } = bench(t);
  const gone = new AbortController();
  const waiting = Array.from({ length: 64 }, () => waiters.wait(9, 1000, gone.signal).catch(() => "gone"));
  await assert.rejects(waiters.wait(9, 1000, never), { code: "WEIR_LIMIT_EXCEEDED" });
  gone.abort(new Error("gone"));
  assert.ok((await Promise.all(waiting)).every((one) => one === "gone"));
  await assert.rejects(waiters.wait(9, 0, never), { code: "WEIR_TIMEOUT" });
  const last = waiters.wait(9, 1000, never);
  waiters.close();
  await assert.rejects(last, { code: "WEIR_API_FAILED" });
});
