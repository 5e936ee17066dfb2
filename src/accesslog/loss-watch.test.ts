import assert from "node:assert/strict";
import { test } from "node:test";
import { LossWatch } from "./loss-watch.ts";

test("losses are told when they happen, at most every 10 s, and what is left at the end", () => {
  let lost = 0;
  const told: number[] = [];
  const watch = new LossWatch({ lost: () => lost, onLoss: (count) => told.push(count) });
  watch.look(1_000);
  assert.deepEqual(told, []);
  lost = 5;
  watch.look(2_000);
  assert.deepEqual(told, [5]);
  lost = 12;
  watch.look(11_999);
  assert.deepEqual(told, [5]);
  watch.look(12_000);
  assert.deepEqual(told, [5, 7]);
  watch.look(60_000);
  assert.deepEqual(told, [5, 7]);
  lost = 13;
  watch.look(60_001);
  lost = 15;
  watch.look(60_002);
  watch.close();
  watch.close();
  assert.deepEqual(told, [5, 7, 1, 2]);
});
