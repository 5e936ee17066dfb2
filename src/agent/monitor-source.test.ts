import assert from "node:assert/strict";
import { test } from "node:test";
import { EventRing } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { RingMonitor } from "./monitor-source.ts";

const connection = anyConnection("r2d2");

function record(ring: EventRing, ...files: string[]): void {
  for (const file of files) ring.record(connection, "Request", "Forwarded", undefined, { file });
}

function files(lines: readonly string[]): string[] {
  return lines.map((line) => (JSON.parse(line) as { fields: { file: string } }).fields.file);
}

test("a reader sees what comes after it was opened, in portions", async () => {
  const ring = new EventRing({ capacity: 8 });
  const monitor = new RingMonitor(ring);
  record(ring, "before");
  const reader = monitor.open();
  assert.deepEqual(reader.read(10), { lines: [], lost: 0 });
  const ready = reader.ready();
  record(ring, "a", "b", "c");
  await ready;
  assert.deepEqual(files(reader.read(2)!.lines), ["a", "b"]);
  await reader.ready();
  assert.deepEqual(files(reader.read(2)!.lines), ["c"]);
});

test("a slow reader is told once how many it lost, and the sum outlives it", () => {
  const ring = new EventRing({ capacity: 4 });
  const monitor = new RingMonitor(ring);
  const reader = monitor.open();
  record(ring, ..."abcdefg");
  const batch = reader.read(10)!;
  assert.equal(batch.lost, 3);
  assert.deepEqual(files(batch.lines), ["d", "e", "f", "g"]);
  assert.equal(reader.read(10)!.lost, 0);
  assert.equal(monitor.lost, 3);
  reader.close();
  reader.close();
  assert.equal(monitor.lost, 3);
});

test("a record that cannot be made text is counted as lost, and the next ones arrive", () => {
  const ring = new EventRing({ capacity: 8 });
  const reader = new RingMonitor(ring).open();
  record(ring, "a");
  const unprintable = { toString: () => assert.fail("no text") } as unknown as string;
  ring.record(connection, "Request", "Forwarded", undefined, { file: unprintable });
  record(ring, "b");
  assert.deepEqual(files(reader.read(10)!.lines), ["a", "b"]);
  assert.deepEqual(reader.read(10), { lines: [], lost: 1 });
});

test("closing wakes who waits, and nothing is read any more", async () => {
  const reader = new RingMonitor(new EventRing({ capacity: 4 })).open();
  const ready = reader.ready();
  reader.close();
  await ready;
  assert.equal(reader.read(1), undefined);
});
