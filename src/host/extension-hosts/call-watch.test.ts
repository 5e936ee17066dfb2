import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteWork } from "../../remote-parser/remote-owner.ts";
import { CallWatch } from "./call-watch.ts";

const work = (forMs: number, connection = 1): RemoteWork => ({ extension: "x", connection, forMs });

/** Asks every 100 ms about the same piece of work. @returns After how many milliseconds it counts as stuck. */
function stuckAfter(watch: CallWatch, fromMs: number): number {
  for (let forMs = fromMs; forMs < 60_000; forMs += 100) if (watch.isStuck(work(forMs), 100)) return forMs;
  return Number.POSITIVE_INFINITY;
}

test("work that nobody answers is stuck when its time is over", () => {
  assert.equal(stuckAfter(new CallWatch(1_500, 100), 40), 1_540);
});

test("work that is answered never is, however much of it there is", () => {
  const watch = new CallWatch(1_500, 100);
  for (let time = 0; time < 60_000; time += 100) {
    // The oldest piece is another one each time: the host answers, and is behind by more than a second all the same.
    assert.equal(watch.isStuck(work(1_200 + (time % 300)), 100), false);
    assert.equal(watch.isStuck(work(1_150 + (time % 300), 2), 100), false);
  }
});

test("an idle host is not, and time before that does not count afterwards", () => {
  const watch = new CallWatch(1_500, 100);
  for (let forMs = 0; forMs < 1_400; forMs += 100) watch.isStuck(work(forMs), 100);
  assert.equal(watch.isStuck(undefined, 100), false);
  assert.equal(stuckAfter(watch, 0), 1_500);
});

test("after a freeze of its own the watcher waits anew", () => {
  const watch = new CallWatch(1_500, 100);
  watch.isStuck(work(0), 100);
  watch.isStuck(work(100), 100);
  assert.equal(watch.isStuck(work(30_100), 30_000), false);
  // 300 ms were counted by then, of more than 30 s.
  assert.equal(stuckAfter(watch, 30_200), 30_200 + 1_100);
});
