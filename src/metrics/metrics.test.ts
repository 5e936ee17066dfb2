import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";
import { sampleSources } from "./testing/sources.ts";

const build = { version: "1.2.3", startedAtMs: 1_000 };

function sampleMetrics(): Metrics {
  const metrics = new Metrics(build);
  metrics.readFrom(
    sampleSources(() => [{ proto: "r2d2", type: "Denied", verdict: "Denied", direction: "ingress", count: 9 }]),
  );
  return metrics;
}

test("every number is under its own name and labels, and two scrapes tell the same", async () => {
  using metrics = sampleMetrics();
  metrics.regenerations.regenerated("success");
  metrics.regenerations.took("apply", 0.004);
  await Promise.all([metrics.text(), metrics.list()]);
  const lines = (await metrics.text()).split("\n");
  for (const expected of [
    'weir_policies{mode="enforce"} 2',
    'weir_policies{mode="audit"} 3',
    "weir_policies_with_problems 4",
    "weir_policy_max_revision 5",
    'weir_policy_import_errors_total{source="file"} 11',
    'weir_policy_import_errors_total{source="api"} 12',
    'weir_policy_problems{source="file"} 13',
    'weir_policy_problems{source="api"} 14',
    'weir_endpoints{mode="enforce"} 2',
    'weir_endpoints{mode="audit"} 1',
    'weir_endpoint_state{endpoint_state="ready"} 2',
    'weir_endpoint_state{endpoint_state="disconnected"} 0',
    'weir_policy_endpoint_enforcement_status{enforcement="both"} 1',
    'weir_policy_endpoint_enforcement_status{enforcement="egress"} 0',
    "weir_endpoint_policy_failures 1",
    'weir_endpoint_regenerations_total{outcome="success"} 1',
    'weir_endpoint_regenerations_total{outcome="fail"} 0',
    'weir_endpoint_regeneration_duration_seconds_bucket{le="0.001",phase="apply"} 0',
    'weir_endpoint_regeneration_duration_seconds_bucket{le="0.005",phase="apply"} 1',
    'weir_endpoint_regeneration_duration_seconds_sum{phase="apply"} 0.004',
    'weir_endpoint_regeneration_duration_seconds_count{phase="total"} 0',
    'weir_requests_total{protocol="r2d2",direction="ingress",verdict="denied"} 9',
    "weir_proxy_redirects 21",
    "weir_connections 22",
    "weir_connections_accepted_total 23",
    'weir_hosts{state="running"} 1',
    'weir_hosts{state="down"} 1',
    'weir_hosts{state="silent"} 0',
    'weir_host_connections{host="0"} 51',
    "weir_host_restarts_total 53",
    "weir_host_records_lost_total 55",
    "weir_host_record_batches_refused_total 45",
    'weir_extension_hosts{state="running"} 2',
    "weir_extension_hosts_unconfined 1",
    'weir_extension_host_memory_bytes{extension="a,b"} 55',
    'weir_extension_host_restarts_total{extension="r2d2"} 56',
    'weir_extension_host_records_dropped_total{extension="r2d2"} 57',
    "weir_access_log_torn_lines_total 44",
    "weir_connections_opened_total 24",
    "weir_connections_observed_total 41",
    "weir_connections_unread_total 42",
    "weir_connections_reidentified_total 43",
    'weir_connections_dropped_total{reason="policy_denied"} 25',
    'weir_connections_dropped_total{reason="too_many_connections"} 26',
    'weir_connections_dropped_total{reason="policy_changed"} 27',
    'weir_connections_dropped_total{reason="upstream_unreachable"} 28',
    'weir_forwarded_bytes_total{receiver="upstream"} 100',
    'weir_forwarded_bytes_total{receiver="client"} 200',
    'weir_identities{type="reserved"} 31',
    'weir_identities{type="workload"} 32',
    'weir_identities{type="network"} 33',
    "weir_ipcache_entries 34",
    "weir_event_ring_events_total 35",
    "weir_event_ring_capacity 36",
    "weir_monitor_subscribers 37",
    "weir_monitor_lost_total 38",
    "weir_access_log_lost_total 39",
    'weir_errors_warnings_total{level="error",subsystem="policy"} 6',
    'weir_errors_warnings_total{level="warning",subsystem="policy"} 0',
    'weir_api_requests_total{method="GET",route="/v1/policy/{name}",status="4xx"} 40',
    'weir_build_info{version="1.2.3"} 1',
    `nodejs_version_info{version="${process.version}"} 1`,
    "process_start_time_seconds 1",
  ]) {
    assert.ok(lines.includes(expected), `${expected} is missing in\n${lines.join("\n")}`);
  }
});

test("what the process costs is measured, not made up", async () => {
  using metrics = sampleMetrics();
  const list = await metrics.list();
  const value = (name: string): number => list.find((sample) => sample.name === name)?.value ?? Number.NaN;
  assert.ok(value("process_open_fds") >= 3);
  assert.ok(value("process_max_fds") >= value("process_open_fds"));
  assert.ok(value("process_resident_memory_bytes") > value("nodejs_heap_size_used_bytes"));
  assert.ok(value("nodejs_heap_size_total_bytes") >= value("nodejs_heap_size_used_bytes") * 0.5);
  assert.ok(value("process_cpu_seconds_total") > 0);
  assert.ok(value("nodejs_eventloop_active_seconds_total") > 0);
});

test("the list names every series with its labels; of a histogram it has the sum and the count", async () => {
  using metrics = sampleMetrics();
  metrics.regenerations.took("total", 0.25);
  const list = await metrics.list();
  assert.deepEqual(
    list.find((sample) => sample.labels["endpoint_state"] === "regenerating"),
    { name: "weir_endpoint_state", labels: { endpoint_state: "regenerating" }, value: 1 },
  );
  const total = list.filter(({ name, labels }) => name.includes("duration_seconds") && labels["phase"] === "total");
  assert.deepEqual(total, [
    { name: "weir_endpoint_regeneration_duration_seconds_sum", labels: { phase: "total" }, value: 0.25 },
    { name: "weir_endpoint_regeneration_duration_seconds_count", labels: { phase: "total" }, value: 1 },
  ]);
});
