import assert from "node:assert/strict";
import { test } from "node:test";
import { SendQueue } from "./send-queue.ts";

async function rest<T>(queue: SendQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

test("what was written is read in its order, also behind the end", async () => {
  const queue = new SendQueue<number>(3);
  assert.deepEqual([queue.push(1), queue.push(2)], [true, true]);
  queue.close();
  assert.equal(queue.push(3), false);
  assert.deepEqual(await rest(queue), [1, 2]);
});

test("a reader waits for the next item, and for the end", async () => {
  const queue = new SendQueue<number>(1);
  const first = queue.next();
  queue.push(7);
  assert.deepEqual(await first, { done: false, value: 7 });
  const last = queue.next();
  queue.close();
  assert.deepEqual(await last, { done: true, value: undefined });
});

test("no more waits than may wait", () => {
  const queue = new SendQueue<number>(2);
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
});

test("a reader that goes leaves nothing", async () => {
  const queue = new SendQueue<number>(2);
  queue.push(1);
  for await (const item of queue) {
    assert.equal(item, 1);
    break;
  }
  assert.equal(queue.push(2), false);
  assert.deepEqual(await rest(queue), []);
});

test("a reader that fails gets its own error, and leaves nothing", async () => {
  const queue = new SendQueue<number>(2);
  queue.push(1);
  const failure = new Error("cannot go on");
  await assert.rejects(queue.throw(failure), failure);
  assert.deepEqual(await rest(queue), []);
});
