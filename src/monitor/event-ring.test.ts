import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FieldSource } from "../proxylib/record-sink.ts";
import { EventRing, type RingReader } from "./event-ring.ts";
import { anyConnection } from "./testing/any-connection.ts";

const CONNECTION = anyConnection();

/** A ring whose wake-ups are run by hand. */
function ringOf(
  capacity: number,
  remembered = capacity,
): {
  ring: EventRing;
  record: (name: number) => void;
  turn: () => void;
  wakes: () => number;
} {
  const due: (() => void)[] = [];
  let wakes = 0;
  const ring = new EventRing({
    capacity,
    remembered,
    schedule: (wake) => {
      wakes++;
      due.push(wake);
    },
  });
  return {
    ring,
    record: (name) => ring.record(CONNECTION, "Request", "Forwarded", undefined, { name: String(name) }),
    turn: () => {
      for (const wake of due.splice(0)) wake();
    },
    wakes: () => wakes,
  };
}

function readNames(reader: RingReader, max = Number.POSITIVE_INFINITY): number[] {
  const names: number[] = [];
  reader.read((event) => {
    if (event.agent === undefined) names.push(Number(event.fields["name"]));
    return names.length < max;
  });
  return names;
}

test("readers see what was recorded since they came, each at its own pace", () => {
  const { ring, record } = ringOf(8);
  record(0);
  const first = ring.reader({ onReadable: () => undefined });
  record(1);
  record(2);
  const second = ring.reader({ onReadable: () => undefined });
  record(3);
  assert.deepEqual(readNames(first, 1), [1]);
  assert.deepEqual(readNames(second), [3]);
  assert.deepEqual(readNames(first), [2, 3]);
  assert.deepEqual(readNames(first), []);
});

test("a burst wakes readers once; the next burst wakes them again", () => {
  const { ring, record, turn, wakes } = ringOf(8);
  let woken = 0;
  ring.reader({ onReadable: () => woken++ });
  for (let i = 0; i < 5; i++) record(i);
  assert.equal(wakes(), 1);
  turn();
  record(5);
  turn();
  assert.deepEqual([wakes(), woken], [2, 2]);
});

test("without readers nothing is scheduled", () => {
  const { record, wakes } = ringOf(8);
  record(1);
  assert.equal(wakes(), 0);
});

test("a reader that is too slow loses the oldest events and knows how many", () => {
  const { ring, record } = ringOf(4);
  const reader = ring.reader({ onReadable: () => undefined });
  for (let i = 0; i < 10; i++) record(i);
  assert.equal(reader.lost, 6);
  assert.equal(reader.pending, 4);
  assert.deepEqual(readNames(reader), [6, 7, 8, 9]);
  reader.close();
  ring.reader({ onReadable: () => undefined });
  for (let i = 0; i < 10; i++) record(i);
  assert.equal(reader.lost, 6, "what comes after the close is not lost");
});

test("a reader with onFull reads a burst larger than the ring without loss", () => {
  const { ring, record } = ringOf(4);
  const names: number[] = [];
  const reader: RingReader = ring.reader({
    onReadable: () => undefined,
    onFull: () => names.push(...readNames(reader)),
  });
  for (let i = 0; i < 1_000; i++) record(i);
  names.push(...readNames(reader));
  assert.deepEqual(
    names,
    Array.from({ length: 1_000 }, (_, i) => i),
  );
  assert.equal(reader.lost, 0);
});

test("a wake-up at the very moment when the ring is full loses nothing", () => {
  const { ring, record, turn } = ringOf(4);
  const names: number[] = [];
  const reader: RingReader = ring.reader({
    onReadable: () => undefined,
    onFull: () => names.push(...readNames(reader)),
  });
  for (let i = 0; i < 4; i++) record(i);
  turn();
  record(4);
  names.push(...readNames(reader));
  assert.deepEqual(names, [0, 1, 2, 3, 4]);
});

test("onFull that fails or does not read loses events of that reader alone, and is not asked for every one", () => {
  const { ring, record } = ringOf(16);
  let asked = 0;
  const stubborn = ring.reader({
    onReadable: () => undefined,
    onFull: () => {
      asked++;
      throw new Error("not now");
    },
  });
  const names: number[] = [];
  const other: RingReader = ring.reader({
    onReadable: () => undefined,
    onFull: () => names.push(...readNames(other)),
  });
  for (let i = 0; i < 160; i++) record(i);
  names.push(...readNames(other));
  assert.equal(names.length, 160);
  assert.equal(stubborn.lost, 144);
  assert.ok(asked <= 160 / 4, `asked ${asked} times`);
});

test("what everybody has read stays for readers that come later, up to the capacity", () => {
  const { ring, record } = ringOf(4);
  assert.equal(ring.oldest, 0);
  for (let i = 0; i < 3; i++) record(i);
  const all = ring.reader({ onReadable: () => undefined, from: ring.oldest });
  assert.deepEqual(readNames(all), [0, 1, 2]);
  for (let i = 3; i < 10; i++) record(i);
  const late = ring.reader({ onReadable: () => undefined, from: ring.oldest });
  assert.deepEqual(readNames(late), [6, 7, 8, 9]);
  assert.equal(late.lost, 0, "what was gone before it came is no loss");
  const last = ring.reader({ onReadable: () => undefined, from: ring.head - 1 });
  assert.deepEqual(readNames(last), [9]);
});

test("what everybody has read is forgotten, but for the last events; what somebody has not read stays", () => {
  const { ring, record, turn } = ringOf(8, 2);
  const slow = ring.reader({ onReadable: () => undefined });
  for (let i = 0; i < 5; i++) record(i);
  turn();
  assert.equal(ring.oldest, 0);
  assert.deepEqual(readNames(slow, 4), [0, 1, 2, 3]);
  record(5);
  turn();
  assert.equal(ring.oldest, 4);
  assert.equal((ring.at(3) as { fields: unknown }).fields, undefined, "its fields may be collected");
  assert.deepEqual(readNames(slow), [4, 5]);
  const late = ring.reader({ onReadable: () => undefined, from: ring.oldest });
  assert.deepEqual(readNames(late), [4, 5]);
  slow.close();
  late.close();
  for (let i = 6; i < 9; i++) record(i);
  assert.equal(ring.oldest, 7, "also where nobody reads");
});

test("what the agent tells stands between the records, in order", () => {
  const { ring, record } = ringOf(8);
  const reader = ring.reader({ onReadable: () => undefined });
  record(1);
  ring.notify({ subtype: "Policy updated", message: { revision: 2 } });
  record(2);
  const seen: unknown[] = [];
  reader.read((event) => {
    seen.push(event.agent === undefined ? Number(event.fields["name"]) : event.agent.message.revision);
    return true;
  });
  assert.deepEqual(seen, [1, 2, 2]);
});

test("a slot of an agent event holds a record later, and the other way round", () => {
  const { ring, record } = ringOf(2);
  ring.notify({ subtype: "Agent started", message: {} });
  for (let i = 0; i < 2; i++) record(i);
  assert.equal(ring.at(0).agent, undefined);
  for (let i = 0; i < 2; i++) ring.notify({ subtype: "Agent draining", message: {} });
  for (let i = 3; i < 5; i++) {
    const event = ring.at(i);
    assert.equal(event.agent?.subtype, "Agent draining");
    assert.ok(!("fields" in event) || event.fields === undefined, "the record is kept alive");
  }
});

test("without readers, every event has its own time", () => {
  let now = 5;
  const ring = new EventRing({ capacity: 8, clock: { now: () => now++ } });
  for (let i = 0; i < 2; i++) ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  assert.deepEqual([ring.at(0).timeMs, ring.at(1).timeMs], [5, 6]);
});

test("capacities that are no power of two are refused", () => {
  for (const capacity of [0, 1, 3, 1000, Number.NaN]) assert.throws(() => new EventRing({ capacity }), RangeError);
});

test("whatever the order of recording and reading, each event is read in order or counted as lost", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("record"), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("read"), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("turn"), count: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.boolean(), (steps, takesOver, hasStubbornOne) => {
      const { ring, record, turn } = ringOf(8);
      if (hasStubbornOne) ring.reader({ onReadable: () => undefined, onFull: () => undefined });
      const names: number[] = [];
      const reader: RingReader = ring.reader({
        onReadable: () => undefined,
        ...(takesOver && { onFull: () => names.push(...readNames(reader)) }),
      });
      let next = 0;
      for (const { kind, count } of steps) {
        if (kind === "record") for (let i = 0; i < count; i++) record(next++);
        else if (kind === "read") names.push(...readNames(reader, count));
        else turn();
      }
      names.push(...readNames(reader));
      assert.deepEqual(
        names,
        [...names].sort((a, b) => a - b),
      );
      assert.equal(new Set(names).size, names.length);
      assert.equal(names.length + reader.lost, next);
      if (takesOver) assert.equal(reader.lost, 0);
    }),
    { numRuns: 500 },
  );
});

test("an event has the time of the turn in which it was recorded", () => {
  let now = 5;
  const due: (() => void)[] = [];
  const ring = new EventRing({ capacity: 8, schedule: (wake) => due.push(wake), clock: { now: () => now } });
  const reader = ring.reader({ onReadable: () => undefined });
  const record = (): void => ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  record();
  now = 9;
  record();
  for (const wake of due.splice(0)) wake();
  record();
  const times: number[] = [];
  reader.read((event) => {
    times.push(event.timeMs);
    return true;
  });
  assert.deepEqual(times, [5, 5, 9]);
});

test("a record that brings its time keeps it; the others have that of their turn", () => {
  let nowMs = 100;
  let reads = 0;
  const due: (() => void)[] = [];
  const now = (): number => {
    reads++;
    return nowMs;
  };
  const ring = new EventRing({ capacity: 8, schedule: (wake) => void due.push(wake), clock: { now } });
  const reader = ring.reader({ onReadable: () => undefined });
  const times = (): number[] => {
    const seen: number[] = [];
    reader.read((event) => void seen.push(event.timeMs));
    return seen;
  };
  const source = { read: () => ({}), addJson() {} };
  ring.recordAt(7, CONNECTION, "Request", "Forwarded", undefined, source, 0);
  ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  nowMs = 200;
  ring.recordAt(9, CONNECTION, "Request", "Forwarded", undefined, source, 0);
  ring.notify({ subtype: "Agent draining", message: {} });
  assert.equal(reads, 1);
  for (const wake of due.splice(0)) wake();
  ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  assert.deepEqual(times(), [7, 100, 9, 100, 200]);
  assert.equal(reads, 2);
});

test("fields that came as bytes are read where somebody looks, once, and never where nobody does", () => {
  const read: number[] = [];
  const source: FieldSource = {
    read(at) {
      read.push(at);
      return { at: String(at) };
    },
    addJson() {},
  };
  const ring = new EventRing({ capacity: 8 });
  const reader = ring.reader({ onReadable: () => undefined });
  for (const at of [10, 20, 30]) ring.recordAt(7, CONNECTION, "Request", "Forwarded", undefined, source, at);
  ring.record(CONNECTION, "Request", "Forwarded", undefined, { at: "here" });
  const seen: unknown[] = [];
  reader.read((event) => {
    assert.ok(event.agent === undefined);
    if (event.at === 10) assert.equal(event.source, source);
    else seen.push(event.fields, event.fields);
  });
  assert.deepEqual(seen, [{ at: "20" }, { at: "20" }, { at: "30" }, { at: "30" }, { at: "here" }, { at: "here" }]);
  assert.deepEqual(read, [20, 30]);
});
