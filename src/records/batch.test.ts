import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordType } from "../api/access-log-record.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import type { LogFields } from "../proxylib/connection.ts";
import type { RecordedConnection, TimedRecordSink } from "../proxylib/record-sink.ts";
import { BatchDecoder, type DecodedBatch } from "./batch-decoder.ts";
import { type Added, BatchEncoder } from "./batch-encoder.ts";
import type { BatchFields } from "./batch-fields.ts";
import { markAgain } from "./batch-header.ts";
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, FIELDS_MAX, INSTANCE_LENGTH_MAX } from "./batch-layout.ts";

const CONNECTION = anyConnection();
const ORIGIN = { policy: "rebels", rule: "spec.ingress[0]", labels: ["k8s:team=red"] };

const encoderOf = (): BatchEncoder => new BatchEncoder("i");

function add(encoder: BatchEncoder, fields: LogFields, connection: RecordedConnection = CONNECTION): Added {
  return encoder.add(7, connection, "Request", "Forwarded", ORIGIN, fields);
}

function read(decoder: BatchDecoder, bytes: Uint8Array): DecodedBatch {
  const batch = decoder.decode(bytes);
  assert.ok(!("malformed" in batch), "malformed" in batch ? batch.malformed : "");
  return batch;
}

test("a batch is what its description says, byte by byte", () => {
  const encoder = encoderOf();
  const peer = { identity: 300 as never, labels: ["a"], address: "b" };
  const connection = { ingress: true, proto: "tcp", source: peer, destination: { ...peer, labels: [], endpoint: "é" } };
  encoder.add(1.5, connection, "Denied", "Audit", { policy: "p", rule: "", labels: [], effect: "missing" }, { k: "Ā" });
  encoder.addLost();
  encoder.take();
  assert.equal(encoder.add(1.5, connection, "Connection", "Denied", undefined, {}), "added");
  const hex = (...parts: string[]): string => parts.join("").replaceAll(" ", "");
  const connectionHex = "01 13 05 06746370 ac02 01 0261 0262 ac02 00 0262 02e9";
  assert.equal(
    Buffer.from(encoder.take()).toString("hex"),
    hex(
      "01 00 01 69 0000000000000002 00000001 0000000000000000 0000000000000001",
      "04 3ff8000000000000",
      connectionHex,
      "03 01 00",
      "8d 00 0000",
    ),
  );
  encoder.add(1.5, connection, "Denied", "Audit", { policy: "p", rule: "", labels: [], effect: "missing" }, { k: "Ā" });
  encoder.addLost();
  const sentAgain = encoder.take();
  markAgain(sentAgain);
  assert.equal(
    Buffer.from(sentAgain).toString("hex"),
    hex(
      "01 01 01 69 0000000000000003 00000001 0000000000000001 0000000000000001",
      "04 3ff8000000000000",
      connectionHex,
      "02 05 02 0270 00 00",
      "03 03 01 026b",
      "cb 00 00 0000 05 0001",
    ),
  );
});

test("lists of many short names are not remembered without bound: they take far more memory than bytes", () => {
  const decoder = new BatchDecoder();
  const shapeOf = (first: number): unknown => {
    const encoder = encoderOf();
    const names = Array.from({ length: FIELDS_MAX }, (_, at) => [`${first + at}_`, ""]);
    assert.equal(add(encoder, Object.fromEntries(names)), "added");
    let shape: unknown;
    read(decoder, encoder.take()).deliver({
      recordAt: (_time, _connection, _type, _verdict, _origin, source) => {
        shape = (source as BatchFields).shapes[0];
      },
    });
    return shape;
  };
  const lists = Array.from({ length: 64 }, (_, list) => list);
  const seen = lists.map(shapeOf);
  const known = lists.reverse().filter((list) => shapeOf(list) === seen[list]);
  assert.ok(known.length > 8, "those that were seen last are remembered");
  assert.ok(known.length * FIELDS_MAX * 200 < 8_388_608, `${known.length} lists are remembered`);
});

test("what says the same of a connection, a rule or names is the same object in all batches of all instances", () => {
  const decoder = new BatchDecoder();
  const seen: unknown[][] = [];
  const sink: TimedRecordSink = {
    recordAt: (_time, connection, _type, _verdict, origin) => void seen.push([connection, origin]),
  };
  for (const instance of ["one", "other"]) {
    for (let batch = 0; batch < 2; batch++) {
      const encoder = new BatchEncoder(instance);
      add(encoder, { a: "b" }, structuredClone(CONNECTION));
      add(encoder, { a: "b" }, { ...CONNECTION, proto: "r2d2" });
      read(decoder, encoder.take()).deliver(sink);
    }
  }
  assert.equal(seen.length, 8);
  assert.equal(new Set(seen.map(([connection]) => connection)).size, 2);
  assert.equal(new Set(seen.map(([, origin]) => origin)).size, 1);
});

test("whatever extensions give becomes text, or is refused without a trace", () => {
  const encoder = encoderOf();
  const nothing = Object.create(null) as string;
  const throwing = { get a(): string { throw new Error("never"); } }; // biome-ignore format: one line says it
  assert.equal(add(encoder, { fits: "before" }), "added");
  const before = encoder.byteCount;
  assert.equal(add(encoder, { fits: nothing }), "unfit");
  assert.equal(add(encoder, throwing), "unfit");
  assert.equal(encoder.add(7, CONNECTION, "Whatever" as RecordType, "Error", undefined, {}), "unfit");
  const many = Object.fromEntries(Array.from({ length: 1_025 }, (_, at) => [`n${at}`, ""]));
  assert.equal(add(encoder, many), "unfit");
  assert.equal(encoder.byteCount, before);
  assert.equal(add(encoder, { fits: 5 as unknown as string, too: undefined as unknown as string }), "added");
  assert.equal(add(encoder, undefined as unknown as LogFields), "added");
  const fields: unknown[] = [];
  read(new BatchDecoder(), encoder.take()).deliver({ recordAt: (...all) => void fields.push(all[5].read(all[6])) });
  assert.deepEqual(fields, [{ fits: "before" }, { fits: "5", too: "undefined" }, {}]);
});

test("batches stay within their bounds, and what fits into none is told", () => {
  const encoder = encoderOf();
  const half = "x".repeat(BATCH_BYTES_MAX / 2);
  assert.equal(add(encoder, { half }), "added");
  assert.equal(add(encoder, { half }), "full");
  assert.ok(encoder.take().length <= BATCH_BYTES_MAX);
  assert.equal(add(encoder, { half }), "added");
  encoder.take();
  assert.equal(add(encoder, { whole: half + half }), "full");
  assert.ok(encoder.isEmpty);
  assert.equal(encoder.byteCount, encoderOf().byteCount, "what was of use for that record alone is gone");
  encoder.limit(200);
  for (let count = 0; add(encoder, { a: "b" }) === "added"; count++) assert.ok(count < 200);
  assert.ok(encoder.take().length <= 200);
  encoder.limit(BATCH_BYTES_MAX);
  for (let count = 0; count < BATCH_RECORDS_MAX; count++) assert.equal(add(encoder, {}), "added");
  assert.equal(add(encoder, {}), "full");
  const decoder = new BatchDecoder();
  assert.equal(read(decoder, encoder.take()).header.records, BATCH_RECORDS_MAX);
  const tooLong = decoder.decode(new Uint8Array(BATCH_BYTES_MAX + 1));
  assert.match("malformed" in tooLong ? tooLong.malformed : "", /1048577 bytes/);
});

test("an extension that makes up names for ever is forgotten in time", () => {
  const encoder = encoderOf();
  for (let at = 0; at < 20_000; at++) {
    if (add(encoder, { [`name-${at}`.padEnd(200, "x")]: "" }) === "added") continue;
    encoder.take();
    assert.equal(add(encoder, { [`name-${at}`.padEnd(200, "x")]: "" }), "added");
  }
  const longName = "x".repeat(400_000);
  encoder.take();
  assert.equal(add(encoder, { [longName]: "" }), "added");
  assert.equal(add(encoder, { [longName]: "" }), "added", "also where one name is more than what is kept");
});

test("a name that can be no instance's is refused", () => {
  for (const name of ["", "a b", "é", "x".repeat(INSTANCE_LENGTH_MAX + 1)]) {
    assert.throws(() => new BatchEncoder(name), RangeError, name);
  }
});
