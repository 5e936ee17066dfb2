import assert from "node:assert/strict";
import { test } from "node:test";
import { FairTurns } from "./fair-turns.ts";

/** Keeps the thread busy. */
function busy(forMs: number): void {
  const end = performance.now() + forMs;
  while (performance.now() < end);
}

test("between two expensive pieces of work others have as much time as the first one took", async () => {
  const turns = new FairTurns();
  const times: number[] = [];
  const work = (): void => {
    times.push(performance.now());
    busy(40);
    times.push(performance.now());
  };
  await Promise.all([turns.run(work), turns.run(work), turns.run(work)]);
  const [, firstEnd = 0, second = 0, secondEnd = 0, third = 0] = times;
  // Timers count whole milliseconds.
  assert.ok(second - firstEnd >= 38, `${second - firstEnd} ms`);
  assert.ok(third - secondEnd >= 38, `${third - secondEnd} ms`);
});

test("one piece runs at a time, in the order of the requests, and a failure is nobody else's", async () => {
  const turns = new FairTurns();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.run(async () => {
    log.push("first begins");
    await gate.promise;
    log.push("first ends");
    throw new Error("first fails");
  });
  const second = turns.run(() => log.push("second"));
  const failed = assert.rejects(first, /first fails/);
  gate.resolve();
  await failed;
  await second;
  assert.deepEqual(log, ["first begins", "first ends", "second"]);
});

test("64 wait at most, and those that are done make room", async () => {
  const turns = new FairTurns();
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 64 }, () => turns.run(() => gate.promise));
  await assert.rejects(
    turns.run(() => undefined),
    /WEIR_LIMIT_EXCEEDED|are waiting already/,
  );
  gate.resolve();
  await Promise.all(waiting);
  assert.equal(await turns.run(() => 7), 7);
});
