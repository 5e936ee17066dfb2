import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartBackoff } from "./restart-backoff.ts";

test("the first restart comes at once, then pauses double up to ten seconds; a quiet minute makes all forgotten", () => {
  const backoff = new RestartBackoff(() => 0);
  const delays = Array.from({ length: 10 }, () => backoff.delayMs(59_999));
  assert.deepEqual(delays, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  assert.deepEqual([backoff.delayMs(60_000), backoff.delayMs(0)], [0, 100]);
});

test("pauses differ by up to a tenth", () => {
  const backoff = new RestartBackoff(() => 0.999);
  assert.deepEqual(
    Array.from({ length: 4 }, () => backoff.delayMs(0)),
    [0, 90, 180, 360],
  );
});
