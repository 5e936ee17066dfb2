import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity, Port } from "../api/identity.ts";
import { EventRing } from "./event-ring.ts";
import { RecordSource } from "./record-source.ts";

function start(capacity = 8): { source: RecordSource; record: (command: string) => void } {
  const ring = new EventRing({ capacity, schedule: queueMicrotask });
  const connection = {
    id: 1,
    ingress: false,
    source: { identity: 2 as NumericIdentity, labels: ["reserved:world"], address: "127.0.0.1:40000" },
    destination: { identity: 3 as NumericIdentity, labels: [], address: "127.0.2.1:11211", endpoint: "cache" },
    policyName: "cache",
    port: 11211 as Port,
    proto: "memcache",
    config: {},
  };
  const origin = { policy: "rebels", rule: "spec.egress[0]", labels: [] };
  return {
    source: new RecordSource(ring),
    record: (command) => ring.record(1_500, connection, "Request", "Forwarded", origin, { command }),
  };
}

test("records look as in the access log", () => {
  const { source, record } = start();
  const reader = source.open();
  record("get");
  assert.deepEqual(reader.read(10), {
    lost: 0,
    records: [
      {
        time: "1970-01-01T00:00:01.500Z",
        type: "Request",
        verdict: "Forwarded",
        proto: "memcache",
        direction: "egress",
        source: { identity: 2, labels: ["reserved:world"], address: "127.0.0.1:40000" },
        destination: { identity: 3, labels: [], address: "127.0.2.1:11211", endpoint: "cache" },
        policy: "rebels",
        rule: "spec.egress[0]",
        fields: { command: "get" },
      },
    ],
  });
});

test("ready settles when a record comes, at once while some wait, and when the reader is closed", async () => {
  const { source, record } = start();
  const reader = source.open();
  const first = reader.ready();
  record("get");
  await first;
  await reader.ready();
  assert.equal(reader.read(1)?.records.length, 1);
  const last = reader.ready();
  reader.close();
  await last;
  assert.equal(reader.read(1), undefined);
});

test("what is lost is told once, before the records that follow, and summed up for all monitors", () => {
  const { source, record } = start(4);
  const slow = source.open();
  for (const command of ["a", "b", "c", "d", "e", "f"]) record(command);
  const { records, lost } = slow.read(2) ?? {};
  assert.equal(lost, 2);
  assert.deepEqual(
    records?.map(({ fields }) => fields["command"]),
    ["c", "d"],
  );
  assert.equal(slow.read(10)?.lost, 0);
  slow.close();
  assert.equal(source.lost, 2);
});
