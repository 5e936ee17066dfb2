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
  // The measurement begins with the first one that falls due.
  const window = async (): Promise<number> => {
    for (;;) {
      block(100);
      await nextTurn();
      now += 5_000;
      const { max } = lag.read();
      if (max > 0) return max;
    }
  };
  const max = await window();
  assert.ok(max >= 0.05, `${max}`);
  now += 4_999;
  assert.equal(lag.read().max, max);
});
