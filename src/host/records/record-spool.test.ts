import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyConnection } from "../../monitor/testing/any-connection.ts";
import { BatchDecoder } from "../../records/batch-decoder.ts";
import { RecordSpool, type RecordSpoolOptions, type SpooledBatch } from "./record-spool.ts";

const CONNECTION = anyConnection();

interface Rig {
  readonly spool: RecordSpool;
  readonly record: (name: number, more?: string) => void;
  /** Ends the turn of the event loop. */
  readonly turn: () => void;
  /** Lets all timers run out. */
  readonly time: () => void;
  readonly told: [made: number, acknowledged: number][];
  readonly delays: number[];
}

function rig(options: Partial<RecordSpoolOptions> = {}): Rig {
  const turns: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const told: [number, number][] = [];
  const delays: number[] = [];
  const spool = new RecordSpool({
    instance: "i",
    clock: { now: () => 7 },
    atTurnEnd: (end) => void turns.push(end),
    later: (run, ms) => {
      timers.push(run);
      delays.push(ms);
    },
    onTurn: (made, acknowledged) => void told.push([made, acknowledged]),
    ...options,
  });
  return {
    spool,
    record: (name, more = "") =>
      spool.record(CONNECTION, "Request", "Forwarded", undefined, { name: String(name), more }),
    turn: () => {
      for (const end of turns.splice(0)) end();
    },
    time: () => {
      for (const run of timers.splice(0)) run();
    },
    told,
    delays,
  };
}

const decoder = new BatchDecoder();

/** The names in a batch. */
function namesOf({ bytes }: SpooledBatch): number[] {
  const batch = decoder.decode(bytes);
  assert.ok(!("malformed" in batch));
  const names: number[] = [];
  batch.deliver({ recordAt: (...all) => void names.push(Number(all[5].read(all[6])["name"])) });
  return names;
}

function isAgain({ bytes }: SpooledBatch): boolean {
  return decoder.decode(bytes).header?.again === true;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

test("records are gathered, sent in batches, and kept until they are acknowledged", async () => {
  const { spool, record, turn, time, told, delays } = rig();
  const sent: SpooledBatch[] = [];
  spool.attach((batch) => void sent.push(batch));
  record(0);
  turn();
  record(1);
  turn();
  assert.deepEqual(sent, []);
  time();
  assert.deepEqual(sent.map(namesOf), [[0, 1]]);
  assert.deepEqual(delays, [50]);
  assert.deepEqual(spool.counts, { made: 2, lost: 0, spooled: 2 });
  const settled = spool.settled();
  spool.acknowledge(2);
  turn();
  await settled;
  assert.deepEqual(spool.counts, { made: 2, lost: 0, spooled: 0 });
  assert.deepEqual(told.at(-1), [2, 2]);
});

test("without an agent records wait; the next one gets what none has acknowledged, in order, told to be sent again", () => {
  const { spool, record, turn, time } = rig();
  const first: SpooledBatch[] = [];
  const second: SpooledBatch[] = [];
  for (const name of range(0, 40_000)) record(name);
  turn();
  time();
  spool.attach((batch) => void first.push(batch));
  assert.ok(first.length > 1);
  assert.deepEqual(first.flatMap(namesOf), range(0, 40_000));
  spool.acknowledge((first[0] as SpooledBatch).next);
  spool.detach();
  record(40_000);
  turn();
  spool.attach((batch) => void second.push(batch));
  assert.deepEqual(second.flatMap(namesOf), range((first[0] as SpooledBatch).next, 40_001));
  assert.deepEqual(second.map(isAgain), [...first.slice(1).map(() => true), false]);
});

test("few records take little room while nobody comes for them", () => {
  const { spool, record, turn, time } = rig({ bytesMax: 65_536 });
  // One turn and one timer for each: batches of one record would fill the spool with what surrounds them.
  for (const name of range(0, 2_000)) {
    record(name);
    turn();
    time();
  }
  assert.deepEqual(spool.counts, { made: 2_000, lost: 0, spooled: 2_000 });
});

test("a full spool loses the newest records and counts them, and says so to the agent", () => {
  const { spool, record, turn } = rig({ bytesMax: 100_000 });
  for (const name of range(0, 20_000)) record(name);
  turn();
  const { made, lost, spooled } = spool.counts;
  assert.equal(made, 20_000);
  assert.ok(lost > 0 && spooled > 4_000);
  assert.equal(spooled + lost, 20_000);
  const sent: SpooledBatch[] = [];
  const send = (batch: SpooledBatch): void => void sent.push(batch);
  spool.attach(send);
  assert.deepEqual(sent.flatMap(namesOf), range(0, spooled));
  assert.ok(sent.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 100_000);
  spool.acknowledge(20_000);
  record(20_000);
  turn();
  spool.attach(send);
  assert.deepEqual(namesOf(sent.at(-1) as SpooledBatch), [20_000]);
  const headers = sent.map(({ bytes }) => decoder.decode(bytes).header);
  assert.equal(
    headers.reduce((sum, header) => sum + (header?.lost ?? 0), 0),
    lost,
  );
  assert.deepEqual([headers.at(-1)?.lostBefore, headers.at(-1)?.first], [lost, 20_000]);
});

test("no two batches have records of one millisecond, also when the clock stands still or is put back", () => {
  let nowMs = 1_000;
  const { spool, record, turn } = rig({ clock: { now: () => nowMs } });
  const times: number[][] = [];
  const send = ({ bytes, next }: SpooledBatch): void => {
    const batch = decoder.decode(bytes);
    const seen = new Set<number>();
    if (!("malformed" in batch)) batch.deliver({ recordAt: (timeMs) => void seen.add(timeMs) });
    times.push([...seen]);
    spool.acknowledge(next);
  };
  for (const clockMs of [1_000, 1_000, 1_001, 1_000, 1_010, 1_009, 5]) {
    nowMs = clockMs;
    record(0);
    spool.attach(send);
    record(1);
    spool.attach(send);
    turn();
  }
  assert.deepEqual(times, [
    [1_000],
    [1_001],
    [1_002],
    [1_003],
    [1_004],
    [1_005],
    [1_006],
    [1_007],
    [1_010],
    [1_011],
    [1_012],
    [1_013],
    [5],
    [6],
  ]);
});

test("what fits into no batch is lost alone", () => {
  const { spool, record } = rig();
  record(0);
  record(1, "x".repeat(2_000_000));
  record(2);
  assert.deepEqual(spool.counts, { made: 3, lost: 1, spooled: 2 });
  const sent: SpooledBatch[] = [];
  spool.attach((batch) => void sent.push(batch));
  assert.deepEqual(sent.flatMap(namesOf), [0, 2]);
});

test("an agent that does not acknowledge gets no more than a window; the rest waits in few batches", () => {
  const { spool, record, turn, time } = rig();
  const sent: SpooledBatch[] = [];
  spool.attach((batch) => void sent.push(batch));
  for (const name of range(0, 100_000)) {
    record(name);
    if (name % 100 === 0) turn();
    if (name % 500 === 0) time();
  }
  const bytes = sent.reduce((sum, batch) => sum + batch.bytes.length, 0);
  assert.ok(bytes > 900_000 && bytes <= 1_048_576, `${bytes}`);
  assert.equal(spool.counts.lost, 0);
  for (let at = 0; at < sent.length; at++) {
    spool.acknowledge((sent[at] as SpooledBatch).next);
    turn();
    time();
  }
  assert.deepEqual(sent.flatMap(namesOf), range(0, 100_000));
});

test("few records at a time do not become ever more batches while the agent does not acknowledge", () => {
  const { spool, record, turn, time } = rig();
  const sent: SpooledBatch[] = [];
  spool.attach((batch) => void sent.push(batch));
  for (const name of range(0, 1_000)) {
    record(name);
    turn();
    time();
  }
  assert.equal(sent.length, 256);
  spool.acknowledge((sent.at(-1) as SpooledBatch).next);
  turn();
  assert.deepEqual(namesOf(sent[256] as SpooledBatch), range(256, 1_000));
});

test("whatever breaks off and comes back, each record arrives, or is told to be lost", () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("record" as const), count: fc.integer({ min: 1, max: 400 }) }),
    },
    fc.record({ do: fc.constantFrom("turn" as const, "time" as const, "attach" as const, "detach" as const) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), back: fc.nat({ max: 5 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { spool, record, turn, time } = rig({ bytesMax: 30_000 });
      const arrived = new Map<number, number[]>();
      let sent: SpooledBatch[] = [];
      let name = 0;
      let lost = 0;
      const losses = new Map<number, number>();
      const attach = (): void => {
        sent = [];
        spool.attach((batch) => {
          sent.push(batch);
          const { header } = decoder.decode(batch.bytes);
          assert.ok(header !== undefined);
          losses.set(header.first, header.lost);
          assert.equal(header.first + header.records + header.lost, batch.next);
          arrived.set(header.first, namesOf(batch));
        });
      };
      for (const one of steps) {
        if (one.do === "record") for (let left = one.count; left > 0; left--) record(name++);
        else if (one.do === "turn") turn();
        else if (one.do === "time") time();
        else if (one.do === "attach") attach();
        else if (one.do === "detach") spool.detach();
        else if (one.do === "acknowledge" && sent.length > 0)
          spool.acknowledge((sent[Math.max(0, sent.length - 1 - one.back)] as SpooledBatch).next);
        const { made, lost: lostNow, spooled } = spool.counts;
        assert.ok(made === name && lostNow >= lost && spooled >= 0);
        lost = lostNow;
      }
      for (let left = 200; left > 0 && spool.counts.spooled > 0; left--) {
        attach();
        for (const { next } of sent) spool.acknowledge(next);
        turn();
      }
      attach();
      const names = [...arrived.entries()].sort(([one], [other]) => one - other).flatMap(([, batch]) => batch);
      assert.deepEqual(names, [...new Set(names)]);
      assert.equal(names.length + lost, name);
      assert.equal(
        [...losses.values()].reduce((sum, count) => sum + count, 0),
        lost,
      );
      assert.equal(spool.counts.spooled, 0);
    }),
  );
});
