import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { anyRecord } from "../../test/support/monitor-events.ts";
import type { RingRecord } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { LineBuffer } from "./line-buffer.ts";
import { LineRenderer } from "./line-renderer.ts";
import { LoggedTail } from "./logged-tail.ts";

function recordOf(name: number): RingRecord {
  const fields = { name: String(name) };
  return {
    timeMs: name,
    connection: anyConnection(),
    type: "Request",
    verdict: "Forwarded",
    origin: undefined,
    fields,
  };
}

function linesOf(...records: RingRecord[]): Buffer {
  const buffer = new LineBuffer();
  const renderer = new LineRenderer();
  for (const record of records) {
    renderer.render(record, buffer);
    buffer.endLine();
  }
  const parts: Buffer[] = [];
  for (let batch = buffer.take(); batch !== undefined; batch = buffer.take()) parts.push(batch.bytes);
  return Buffer.concat(parts);
}

async function fileOf(t: TestContext, ...contents: Uint8Array[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "weir-tail-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "access.log");
  await writeFile(path, Buffer.concat(contents));
  return path;
}

test("a line stands for one record, wherever it is; a torn one and what came later for none", async (t) => {
  const whole = linesOf(recordOf(1), recordOf(2), recordOf(2));
  const path = await fileOf(t, whole, linesOf(recordOf(3)).subarray(0, -5));
  await using tail = await LoggedTail.open(path);
  await appendFile(path, linesOf(recordOf(4)));
  await rename(path, `${path}.1`);
  await tail.load();
  const found = [1, 1, 2, 2, 2, 3, 4].map((name) => tail.take(recordOf(name)));
  assert.deepEqual(found, [true, false, true, true, false, false, false]);
});

test("any record is found again by its line", async (t) => {
  const records = fc.sample(anyRecord, { numRuns: 200, seed: 7 });
  await using tail = await LoggedTail.open(await fileOf(t, linesOf(...records)));
  await tail.load();
  for (const record of records) assert.ok(tail.take(record));
  for (const record of records) assert.ok(!tail.take(record));
});

test("of a long file the end is looked at, across the pieces in which it is read", async (t) => {
  const records = Array.from({ length: 10_000 }, (_, name) => recordOf(name));
  const bytes = linesOf(...records);
  const lastBytes = linesOf(...records.slice(4_000)).length;
  assert.ok(lastBytes > 1_048_576, "more than one piece");
  const path = await fileOf(t, bytes);
  for (const [tailBytes, first] of [
    [lastBytes, 4_001],
    [lastBytes + 1, 4_000],
    [bytes.length, 0],
  ] as const) {
    await using tail = await LoggedTail.open(path, tailBytes);
    await tail.load();
    const found = records.flatMap((record, name) => (tail.take(record) ? [name] : []));
    assert.deepEqual([found[0], found.length], [first, 10_000 - first]);
  }
});

test("when it is closed, nothing is found any more, and nothing is read", async (t) => {
  const path = await fileOf(t, linesOf(recordOf(1)));
  const tail = await LoggedTail.open(path);
  await tail.load();
  await tail[Symbol.asyncDispose]();
  assert.equal(tail.take(recordOf(1)), false);
  const unread = await LoggedTail.open(path);
  await unread[Symbol.asyncDispose]();
  await unread.load();
  assert.equal(unread.take(recordOf(1)), false);
});
