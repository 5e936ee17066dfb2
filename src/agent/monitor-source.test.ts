import assert from "node:assert/strict";
import { test } from "node:test";
import { NDJSON, PROTOBUF_V1 } from "../api/monitor-protocol.ts";
import { ProtobufStream } from "../client/monitor-stream.ts";
import { EventRing } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { filterOf } from "../monitor/testing/any-filter.ts";
import type { MonitorReader, MonitorRequest } from "../server/agent-api.ts";
import { RingMonitor } from "./monitor-source.ts";

const connection = anyConnection("r2d2");
const LIVE: MonitorRequest = { encoding: NDJSON, filter: filterOf(), follow: true };

function record(ring: EventRing, ...files: string[]): void {
  for (const file of files) ring.record(connection, "Request", "Forwarded", undefined, { file });
}

/** What a portion says: files, numbers of lost events, and subtypes of agent events. */
function told(bytes: Buffer | undefined): (string | number)[] {
  const lines = (bytes as Buffer).toString().split("\n").slice(0, -1);
  return lines.map((line) => {
    const item = JSON.parse(line) as { lost?: number; subtype?: string; fields?: { file: string } };
    return item.lost ?? item.subtype ?? item.fields?.file ?? "";
  });
}

/** Everything until the reader says that there is no more. */
async function readAll(reader: MonitorReader): Promise<(string | number)[]> {
  const all: (string | number)[] = [];
  for (let bytes = reader.read(); bytes !== undefined; bytes = reader.read()) {
    all.push(...told(bytes));
    await reader.ready();
  }
  return all;
}

test("a reader sees what comes after it was opened, records and agent events in order", async () => {
  const ring = new EventRing({ capacity: 8 });
  const monitor = new RingMonitor(ring);
  record(ring, "before");
  const reader = monitor.open(LIVE);
  assert.deepEqual(told(reader.read()), []);
  const ready = reader.ready();
  record(ring, "a");
  ring.notify({ subtype: "Policy updated", message: {} });
  record(ring, "b");
  await ready;
  assert.deepEqual(told(reader.read()), ["a", "Policy updated", "b"]);
});

test("what comes between a reading and the waiting is not waited for in vain", async () => {
  const ring = new EventRing({ capacity: 8, schedule: () => undefined });
  const reader = new RingMonitor(ring).open(LIVE);
  reader.read();
  record(ring, "a");
  await reader.ready();
  assert.deepEqual(told(reader.read()), ["a"]);
});

test("a long past comes in portions, without waiting for anything new", async () => {
  const ring = new EventRing({ capacity: 8192, remembered: 8192 });
  record(ring, ...Array.from({ length: 5_000 }, (_, i) => String(i)));
  const reader = new RingMonitor(ring).open({ ...LIVE, sinceMs: 0 });
  const first = told(reader.read());
  assert.ok(first.length > 0 && first.length < 5_000, `${first.length} events at once`);
  const all = [...first];
  while (all.length < 5_000) {
    await reader.ready();
    all.push(...told(reader.read()));
  }
  assert.deepEqual(
    all,
    Array.from({ length: 5_000 }, (_, i) => String(i)),
  );
});

test("a slow reader is told once how many it lost, and the sum outlives it", () => {
  const ring = new EventRing({ capacity: 4 });
  const monitor = new RingMonitor(ring);
  const reader = monitor.open(LIVE);
  record(ring, ..."abcdefg");
  assert.equal(monitor.lost, 3, "also before it reads");
  assert.deepEqual(told(reader.read()), [3, "d", "e", "f", "g"]);
  assert.deepEqual(told(reader.read()), []);
  assert.equal(monitor.lost, 3);
  reader.close();
  reader.close();
  assert.equal(monitor.lost, 3);
});

test("an event that cannot be encoded, or is too long, is counted as lost, and the next ones arrive", () => {
  for (const encoding of [NDJSON, PROTOBUF_V1] as const) {
    const ring = new EventRing({ capacity: 8 });
    const reader = new RingMonitor(ring).open({ ...LIVE, encoding });
    record(ring, "a");
    const unprintable = { toString: () => assert.fail("no text") } as unknown as string;
    ring.record(connection, "Request", "Forwarded", undefined, { file: unprintable });
    record(ring, "x".repeat(1_048_577), "b");
    const told = (): unknown[] => {
      const bytes = reader.read() as Buffer;
      const items =
        encoding === NDJSON
          ? bytes
              .toString()
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line))
          : [];
      return encoding === NDJSON ? items : [...new ProtobufStream().push(bytes)];
    };
    const files = told().map((item) => (item as { fields: { file: string } }).fields.file);
    assert.deepEqual(files, ["a", "b"]);
    assert.deepEqual(told(), [{ lost: 2 }]);
  }
});

test("the filter and the encoding are the request's", () => {
  const ring = new EventRing({ capacity: 8 });
  const monitor = new RingMonitor(ring);
  const audits = monitor.open({ ...LIVE, encoding: PROTOBUF_V1, filter: filterOf({ verdict: ["Denied"] }) });
  const all = monitor.open(LIVE);
  record(ring, "a");
  ring.record(connection, "Denied", "Denied", undefined, { file: "b" });
  const items = [...new ProtobufStream().push(audits.read() as Buffer)];
  assert.deepEqual(
    items.map((item) => "fields" in item && item.fields["file"]),
    ["b"],
  );
  assert.deepEqual(told(all.read()), ["a", "b"]);
});

test("without following, a reader gives the past up to its opening, and ends", async () => {
  const ring = new EventRing({ capacity: 8 });
  const monitor = new RingMonitor(ring);
  record(ring, ..."abcdef");
  const reader = monitor.open({ ...LIVE, last: 3, follow: false });
  record(ring, "later");
  assert.deepEqual(await readAll(reader), ["d", "e", "f"]);
  const nothing = monitor.open({ ...LIVE, last: 3, follow: false, filter: filterOf({ verdict: ["Audit"] }) });
  assert.deepEqual(await readAll(nothing), []);
});

test("a reader of the past that is overtaken misses what it asked for, not what came later", async () => {
  const ring = new EventRing({ capacity: 4 });
  const monitor = new RingMonitor(ring);
  record(ring, ..."abcd");
  const reader = monitor.open({ ...LIVE, last: 3, follow: false });
  record(ring, ..."efghijklmnop");
  assert.equal(monitor.lost, 11);
  assert.deepEqual(await readAll(reader), [3]);
});

test("history and following: the past first, then what comes", () => {
  const ring = new EventRing({ capacity: 8 });
  record(ring, ..."abc");
  const reader = new RingMonitor(ring).open({ ...LIVE, last: 2 });
  record(ring, "d");
  assert.deepEqual(told(reader.read()), ["b", "c", "d"]);
});

test("closing wakes who waits, and nothing is read any more", async () => {
  const monitor = new RingMonitor(new EventRing({ capacity: 4 }));
  const reader = monitor.open(LIVE);
  reader.read();
  const ready = reader.ready();
  assert.equal(monitor.subscribers, 1);
  reader.close();
  await ready;
  assert.equal(reader.read(), undefined);
  assert.equal(monitor.subscribers, 0);
});
