import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordType } from "../api/access-log-record.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import type { RecordSink, TimedRecordSink } from "../proxylib/record-sink.ts";
import { PROTOCOLS_MAX, RecordCounter } from "./record-counter.ts";

const nowhere: RecordSink & TimedRecordSink = { record() {}, recordAt() {} };
const counted = (counter: RecordCounter) => counter.counts().filter(({ count }) => count > 0);

test("records are counted by protocol, type, verdict and direction, and go on", () => {
  const passed: unknown[][] = [];
  const counter = new RecordCounter({
    record: (...all) => void passed.push(all),
    recordAt: (...all) => void passed.push(all),
  });
  const fields = { command: "get" };
  const memcache = anyConnection("memcache");
  counter.record(memcache, "Request", "Forwarded", undefined, fields);
  counter.record(memcache, "Request", "Forwarded", undefined, fields);
  counter.record(memcache, "Request", "Audit", undefined, fields);
  counter.record(anyConnection("tcp"), "Connection", "Denied", undefined, fields);
  counter.record({ ...memcache, ingress: false }, "Denied", "Denied", undefined, fields);
  const ingress = { proto: "memcache", direction: memcache.ingress ? "ingress" : "egress" };
  assert.deepEqual(counted(counter), [
    { ...ingress, type: "Request", verdict: "Forwarded", count: 2 },
    { ...ingress, type: "Request", verdict: "Audit", count: 1 },
    { ...ingress, direction: "egress", type: "Denied", verdict: "Denied", count: 1 },
    { ...ingress, proto: "tcp", type: "Connection", verdict: "Denied", count: 1 },
  ]);
  assert.equal(passed.length, 5);
  const source = { read: () => fields, addJson() {} };
  counter.recordAt(7, memcache, "Request", "Audit", undefined, source, 3);
  assert.deepEqual(passed[5], [7, memcache, "Request", "Audit", undefined, source, 3]);
  assert.equal(counted(counter)[1]?.count, 2);
  assert.deepEqual(passed[2], [memcache, "Request", "Audit", undefined, fields]);
});

test("known protocols are there with 0, unknown ones beyond the limit are `other`", () => {
  const counter = new RecordCounter(nowhere, ["memcache"]);
  assert.deepEqual(new Set(counter.counts().map(({ proto, count }) => `${proto} ${count}`)), new Set(["memcache 0"]));
  for (let at = 0; at < 1_000; at++) {
    counter.record(anyConnection(`p${at}`), "Request", "Forwarded", undefined, {});
  }
  const protocols = new Set(counter.counts().map(({ proto }) => proto));
  assert.equal(protocols.size, PROTOCOLS_MAX + 1);
  const other = counted(counter).filter(({ proto }) => proto === "other");
  assert.deepEqual(
    other.map(({ count }) => count),
    [1_000 - (PROTOCOLS_MAX - 1)],
  );
});

test("a type that an extension made up is passed on, and breaks nothing", () => {
  const counter = new RecordCounter(nowhere);
  const madeUp = "Whatever" as RecordType;
  counter.record(anyConnection("x"), madeUp, "Forwarded", undefined, {});
  counter.record(anyConnection("x"), "Request", "Forwarded", undefined, {});
  assert.deepEqual(
    counted(counter).map(({ count }) => count),
    [1],
  );
  assert.ok(counter.counts().every(({ count }) => Number.isInteger(count)));
});
