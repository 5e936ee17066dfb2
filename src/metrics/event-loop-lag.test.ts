import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { EventLoopLagMonitor } from "./event-loop-lag.ts";

/** Holds the event loop, whatever the machine does meanwhile: for at least so long. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    // Nothing else may run.
  }
}

test("a loop that was held up shows as lag, and readers in between see the window before", async () => {
  let now = 0;
  using lag = new EventLoopLagMonitor(() => now);
  assert.equal(lag.read().max, 0);
  /** A measurement falls due and takes place; the first one of a window is only where the next one counts from. */
  const holdUp = async (): Promise<void> => {
    for (let times = 0; times < 2; times++) {
      block(100);
      for (let turn = 0; turn < 3; turn++) await nextTurn();
    }
  };
  let first = lag.read();
  while (first.max === 0) {
    await holdUp();
    now += 5_000;
    first = lag.read();
  }
  assert.ok(first.max >= 0.05, `${first.max}`);
  assert.ok(first.p50 <= first.p99 && first.p99 <= first.max);

  await holdUp();
  now += 4_999;
  assert.equal(lag.read(), first);
});
