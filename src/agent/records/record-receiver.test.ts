import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../lib/log.ts";
import { anyConnection } from "../../monitor/testing/any-connection.ts";
import { BatchEncoder } from "../../records/batch-encoder.ts";
import { markAgain } from "../../records/batch-header.ts";
import type { RecordTally } from "../../records/tally-bytes.ts";
import { RecordReceiver, type RecordReceiverOptions } from "./record-receiver.ts";

const HOST = { index: 0, instance: "host-a" };
const OTHER = { index: 1, instance: "host-b" };

/** The batches of a host: each has these names; a number instead of them: so many were lost. */
function batchesOf(instance: string, ...batches: (number | number[])[]): Uint8Array[] {
  const encoder = new BatchEncoder(instance);
  return batches.map((batch) => {
    if (typeof batch === "number") for (let left = batch; left > 0; left--) encoder.addLost();
    else {
      for (const name of batch) {
        encoder.add(name, anyConnection(), "Request", "Forwarded", undefined, { name: String(name) });
      }
    }
    return encoder.take();
  });
}

function rig(options: Partial<RecordReceiverOptions> = {}): {
  receiver: RecordReceiver;
  names: number[];
  errors: string[];
  tallies: Map<number, RecordTally>;
} {
  const names: number[] = [];
  const errors: string[] = [];
  const tallies = new Map<number, RecordTally>();
  const tell = (_fields: object, message: string): void => void errors.push(message);
  const receiver = new RecordReceiver({
    sink: { recordAt: (...all) => void names.push(Number(all[5].read(all[6])["name"])) },
    logged: async () => {},
    tallyOf: ({ index }) => tallies.get(index),
    logger: { ...silentLogger, error: tell, warn: tell },
    lateMs: 5,
    ...options,
  });
  return { receiver, names, errors, tallies };
}

test("each batch is taken once, and acknowledged every time, when it is kept", async () => {
  let keep = Promise.withResolvers<void>();
  const { receiver, names } = rig({ logged: () => keep.promise });
  const [first, second] = batchesOf("host-a", [0, 1], [2]) as [Uint8Array, Uint8Array];
  const answers: number[] = [];
  const taken = [first, second, first].map(async (batch) => answers.push(await receiver.receive(HOST, batch)));
  while (names.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([names, answers], [[0, 1, 2], []]);
  keep.resolve();
  await Promise.all(taken);
  assert.deepEqual(answers, [2, 3, 2]);
  assert.deepEqual(names, [0, 1, 2]);
  keep = Promise.withResolvers();
  keep.reject(new Error("the access log is closed"));
  await assert.rejects(receiver.receive(HOST, second), /closed/);
});

test("while the access log cannot be written, no more is taken than it can hold", async () => {
  let keep = Promise.withResolvers<void>();
  const { receiver, names } = rig({ logged: () => keep.promise });
  const many = Array.from({ length: 10_000 }, (_, name) => name);
  const batches = batchesOf("host-a", [0], many, [1]) as [Uint8Array, Uint8Array, Uint8Array];
  const answers = batches.map((batch) => receiver.receive(HOST, batch));
  const turns = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns(20);
  assert.ok(names.length > 1 && names.length <= 4_096, `${names.length}`);
  const { resolve } = keep;
  keep = Promise.withResolvers();
  const before = names.length;
  resolve();
  await turns(20);
  assert.ok(names.length > before && names.length <= before + 4_096, `${names.length}`);
  keep.resolve();
  assert.deepEqual(await Promise.all(answers), [1, 10_001, 10_002]);
  assert.equal(names.length, 10_002);
});

test("what a host lost and what it never sent is counted when it has ended, to the last record", async () => {
  const { receiver, tallies } = rig();
  for (const batch of batchesOf("host-a", [0, 1], 3, [5])) await receiver.receive(HOST, batch);
  for (const batch of batchesOf("host-b", [0])) await receiver.receive(OTHER, batch);
  tallies.set(0, { instance: "host-a", made: 10, acknowledged: 2 });
  tallies.set(1, { instance: "host-b", made: 1, acknowledged: 0 });
  receiver.closed(HOST);
  assert.equal(await receiver.hostEnded(HOST), 3 + 4);
  assert.equal(await receiver.hostEnded(OTHER), 0);
});

test("of a host that this agent has heard nothing of, what no agent has acknowledged is lost", async () => {
  const { receiver, tallies, errors } = rig();
  tallies.set(0, { instance: "host-a", made: 10, acknowledged: 4 });
  assert.equal(await receiver.hostEnded(HOST), 6);
  tallies.set(0, { instance: "the one before", made: 10, acknowledged: 4 });
  assert.equal(await receiver.hostEnded({ ...HOST, instance: "host-c" }), 0);
  assert.match(errors.join(), /nobody knows/);
});

test("what is on its way when a host ends is waited for; what comes later yet is refused", async () => {
  const { receiver, names, tallies } = rig({ lateMs: 60_000 });
  const [first, second, third] = batchesOf("host-a", [0], [1], [2, 3]) as [Uint8Array, Uint8Array, Uint8Array];
  await receiver.receive(HOST, first);
  tallies.set(0, { instance: "host-a", made: 4, acknowledged: 0 });
  const lost = receiver.hostEnded(HOST);
  tallies.set(0, { instance: "the next one", made: 0, acknowledged: 0 });
  await receiver.receive(HOST, second);
  receiver.closed(HOST);
  assert.equal(await lost, 2);
  await assert.rejects(receiver.receive(HOST, third), /has ended/);
  assert.deepEqual(names, [0, 1]);
});

test("an agent that takes over begins where the host begins, and knows what had been lost before", async () => {
  const { receiver, names, tallies } = rig();
  const [, , last] = batchesOf("host-a", [0, 1], 3, [5]) as [Uint8Array, Uint8Array, Uint8Array];
  assert.equal(await receiver.receive(HOST, last), 6);
  assert.deepEqual(names, [5]);
  tallies.set(0, { instance: "host-a", made: 6, acknowledged: 2 });
  assert.equal(await receiver.hostEnded(HOST), 3);
});

test("a batch that cannot be read is refused whole, counted and told; the next ones are taken", async () => {
  const { receiver, names, errors, tallies } = rig();
  const [first, second] = batchesOf("host-a", [0, 1], [2]) as [Uint8Array, Uint8Array];
  assert.equal(await receiver.receive(HOST, first.subarray(0, -1)), 2);
  assert.equal(await receiver.receive(HOST, second), 3);
  assert.deepEqual(names, [2]);
  await assert.rejects(receiver.receive(HOST, first.subarray(0, 5)), /no batch of records/);
  await assert.rejects(receiver.receive(OTHER, first), /of another host/);
  assert.equal(receiver.refused, 3);
  assert.equal(errors.length, 3);
  tallies.set(0, { instance: "host-a", made: 3, acknowledged: 0 });
  assert.equal(await receiver.hostEnded(HOST), 2);
});

test("what an agent before this one has kept of what is sent again is left out", async () => {
  const known = new Set(["1", "2", "4"]);
  let loads = 0;
  const tail = {
    async load() {
      loads++;
      await new Promise((resolve) => setImmediate(resolve));
    },
    take: ({ fields }: { fields: Readonly<Record<string, string>> }) => known.delete(fields["name"] ?? ""),
  };
  const { receiver, names } = rig({ tail });
  const batches = batchesOf("host-a", [0, 1], [2, 3], [4]) as [Uint8Array, Uint8Array, Uint8Array];
  markAgain(batches[0]);
  markAgain(batches[1]);
  const others = batchesOf("host-b", [10], [11]);
  await Promise.all([
    ...batches.map((batch) => receiver.receive(HOST, batch)),
    ...others.map((batch) => receiver.receive(OTHER, batch)),
  ]);
  assert.deepEqual(
    names.toSorted((one, other) => one - other),
    [0, 3, 4, 10, 11],
  );
  assert.equal(loads, 2);
});
