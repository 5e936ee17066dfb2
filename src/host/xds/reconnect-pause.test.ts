import assert from "node:assert/strict";
import { test } from "node:test";
import { ReconnectPause } from "./reconnect-pause.ts";

test("pauses double up to two seconds, and begin anew after a connection that lasted", () => {
  const pause = new ReconnectPause(() => 0);
  assert.deepEqual(
    Array.from({ length: 8 }, () => pause.nextMs(1_999)),
    [50, 100, 200, 400, 800, 1_600, 2_000, 2_000],
  );
  assert.deepEqual([pause.nextMs(2_000), pause.nextMs(0)], [50, 100]);
});

test("pauses are shorter by up to a half", () => {
  const pause = new ReconnectPause(() => 0.999);
  assert.deepEqual([pause.nextMs(0), pause.nextMs(0)], [25, 50]);
});
