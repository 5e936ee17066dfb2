import assert from "node:assert/strict";
import { test } from "node:test";
import { InjectQueue } from "./inject-queue.ts";

function shift(queue: InjectQueue, count: number): string[] {
  const pieces: string[] = [];
  queue.shift(count, (piece) => pieces.push(Buffer.from(piece).toString()));
  return pieces;
}

test("bytes leave in order and in the pieces that were given", () => {
  const queue = new InjectQueue();
  queue.push(Buffer.from("abc"));
  queue.push(Buffer.from("de"));
  queue.push(Buffer.from("f"));
  assert.equal(queue.length, 6);
  assert.deepEqual(shift(queue, 5), ["abc", "de"]);
  assert.equal(queue.length, 1);
  assert.deepEqual(shift(queue, 1), ["f"]);
  assert.equal(queue.length, 0);
});

test("a count within a piece splits it", () => {
  const queue = new InjectQueue();
  queue.push(Buffer.from("abc"));
  queue.push(Buffer.from("def"));
  assert.deepEqual(shift(queue, 4), ["abc", "d"]);
  assert.deepEqual(shift(queue, 2), ["ef"]);
});
