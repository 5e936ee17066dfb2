import assert from "node:assert/strict";
import { test } from "node:test";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import type { RecordSink } from "../proxylib/record-sink.ts";
import type { MetricSources } from "./metric-sources.ts";
import { Metrics } from "./metrics.ts";
import { RecordCounter } from "./record-counter.ts";

const nowhere: RecordSink = { record() {} };

function sources(counter: RecordCounter): MetricSources {
  return {
    policy: () => ({ documents: 2, revision: 5, importErrors: 1 }),
    endpoints: () => [
      { state: "ready", enforcement: { ingress: true, egress: false } },
      { state: "ready", enforcement: { ingress: true, egress: true } },
      { state: "regenerating", enforcement: { ingress: false, egress: false } },
    ],
    records: () => counter.counts(),
    connections: () => ({
      active: 3,
      accepted: 20,
      denied: 4,
      refused: 5,
      resetByPolicy: 6,
      upstreamFailed: 7,
      bytesToUpstream: 100,
      bytesToClient: 200,
    }),
    identities: () => 8,
    listeners: () => 1,
    lost: () => ({ accessLog: 4, monitor: 6 }),
  };
}

test("records are counted by protocol, type and verdict, and go on", () => {
  const passed: unknown[][] = [];
  const counter = new RecordCounter({ record: (...all) => void passed.push(all) });
  const fields = { command: "get" };
  const memcache = anyConnection("memcache");
  counter.record(memcache, "Request", "Forwarded", undefined, fields);
  counter.record(memcache, "Request", "Forwarded", undefined, fields);
  counter.record(memcache, "Denied", "Denied", undefined, fields);
  counter.record(anyConnection("tcp"), "Connection", "Denied", undefined, fields);
  assert.deepEqual(counter.counts(), [
    { proto: "memcache", type: "Request", verdict: "Forwarded", count: 2 },
    { proto: "memcache", type: "Denied", verdict: "Denied", count: 1 },
    { proto: "tcp", type: "Connection", verdict: "Denied", count: 1 },
  ]);
  assert.equal(passed.length, 4);
  assert.deepEqual(passed[2], [memcache, "Denied", "Denied", undefined, fields]);
});

test("two scrapes tell the same: values are read, not added up", async () => {
  const counter = new RecordCounter(nowhere);
  const metrics = new Metrics(sources(counter), 1_000);
  counter.record(anyConnection("r2d2"), "Denied", "Denied", undefined, {});
  await metrics.text();
  const lines = (await metrics.text()).split("\n");
  for (const expected of [
    "weir_policy_count 2",
    "weir_policy_max_revision 5",
    "weir_policy_import_errors_total 1",
    "weir_identity_count 8",
    "weir_endpoint_count 3",
    'weir_endpoint_state{endpoint_state="ready"} 2',
    'weir_endpoint_state{endpoint_state="disconnected"} 0',
    'weir_policy_endpoint_enforcement_status{enforcement="both"} 1',
    'weir_policy_endpoint_enforcement_status{enforcement="egress"} 0',
    "weir_proxy_connections 3",
    "weir_proxy_connections_total 20",
    'weir_drop_count_total{reason="policy changed"} 6',
    'weir_forward_bytes_total{direction="reply"} 200',
    'weir_policy_l7_total{proto="r2d2",type="denied",verdict="denied"} 1',
    "weir_access_log_lost_total 4",
    "weir_monitor_lost_total 6",
    "weir_process_start_time_seconds 1",
  ]) {
    assert.ok(lines.includes(expected), `${expected} is missing in\n${lines.join("\n")}`);
  }
});

test("the list names every series with its labels", async () => {
  const list = await new Metrics(sources(new RecordCounter(nowhere)), 0).list();
  assert.deepEqual(
    list.find((sample) => sample.labels["endpoint_state"] === "regenerating"),
    { name: "weir_endpoint_state", labels: { endpoint_state: "regenerating" }, value: 1 },
  );
  assert.ok(list.every((sample) => Number.isFinite(sample.value)));
});
