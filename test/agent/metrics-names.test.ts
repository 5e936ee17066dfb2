// The names of the metrics are as Prometheus wants them, and their number is bounded.
// https://prometheus.io/docs/practices/naming/ and the rules of `promtool check metrics`
import assert from "node:assert/strict";
import { before, describe, it, test } from "node:test";
import { anyConnection } from "../../src/monitor/testing/any-connection.ts";
import type { Family } from "./exposition.ts";
import { allMetrics } from "./metrics-known.ts";

const TYPES = ["counter", "gauge", "histogram", "summary"];
/** Units that are no base units, and shortened ones. */
const WRONG_UNITS =
  /_(ms|milliseconds|microseconds|nanoseconds|minutes|hours|days|kilobytes|megabytes|kib|mib|bits|percent|sec|secs|s|b|byte|second)(_|$)/;
const UNITS = /_(seconds|bytes|info|fds)(_total)?$/;

/** What `promtool check metrics` would say, and a little more. */
function problemsOf({
  name,
  type,
  help,
  labels,
  samples,
}: Pick<Family, "name" | "type" | "help" | "labels" | "samples">) {
  const problems: string[] = [];
  const rule = (good: boolean, problem: string): void => void (good || problems.push(`${name}: ${problem}`));
  rule(/^(weir|process|nodejs)_[a-z0-9]+(_[a-z0-9]+)*$/.test(name), "snake case, with a prefix");
  rule(TYPES.includes(type), `${type} is no type`);
  rule((type === "counter") === name.endsWith("_total"), "_total ends the names of counters, and of nothing else");
  rule(!/_(count|sum|bucket)$/.test(name), "only series of histograms end like that");
  rule(!TYPES.some((word) => name.split("_").includes(word)), "the type has no place in a name");
  rule(!WRONG_UNITS.test(name), "only base units, written out");
  rule(type !== "histogram" || name.endsWith("_seconds") || name.endsWith("_bytes"), "a histogram has a unit");
  rule(!/seconds|bytes/.test(name) || UNITS.test(name), "the unit stands at the end");
  rule(help.length > 3 && /^[A-Z]/.test(help) && help.endsWith("."), "the help is a sentence");
  for (const label of labels.keys()) {
    rule(/^[a-z]+(_[a-z]+)*$/.test(label), `label ${label}: snake case`);
    rule(!["le", "quantile", "instance", "job"].includes(label), `label ${label} is Prometheus's own`);
  }
  for (const { value } of samples) rule(type === "gauge" || value >= 0, "a counter is never below 0");
  return problems;
}

describe("the names of the metrics", () => {
  let metrics: ReadonlyMap<string, Family>;
  before(async () => {
    metrics = await allMetrics();
  });

  it("follow the conventions of Prometheus", () => {
    assert.ok(metrics.size > 40);
    assert.deepEqual([...metrics.values()].flatMap(problemsOf), []);
  });

  it("would be told if they did not", () => {
    const good = { help: "A sentence.", samples: [], labels: new Map<string, Set<string>>() };
    for (const [name, type, expected] of [
      ["weir_requests", "counter", /_total ends/],
      ["weir_policies_total", "gauge", /_total ends/],
      ["weir_policy_count", "gauge", /histograms end like that/],
      ["weir_request_counter_total", "counter", /type has no place/],
      ["weir_latency_ms", "gauge", /base units/],
      ["weir_latency", "histogram", /has a unit/],
      ["weir_seconds_lag", "gauge", /unit stands at the end/],
      ["weir_policyCount", "gauge", /snake case/],
      ["requests_total", "counter", /with a prefix/],
    ] as const) {
      assert.match(problemsOf({ ...good, name, type }).join("\n"), expected, name);
    }
    const name = "weir_policies";
    assert.match(problemsOf({ ...good, name, type: "gauge", help: "" }).join(), /help is a sentence/);
    assert.match(problemsOf({ ...good, name, type: "gauge", labels: new Map([["le", new Set()]]) }).join(), /own/);
  });
});

test("whatever peers, keys, protocols and routes there are, the series are few", async () => {
  const few = await allMetrics();
  const many = await allMetrics(({ records, apiRequests }) => {
    for (let at = 0; at < 5_000; at++) {
      const peer = { identity: at, labels: [`k8s:app=${at}`], address: `10.0.${at >> 8}.${at & 255}:1` };
      const connection = { ...anyConnection(`protocol-${at}`), id: at, source: peer, policyName: `policy-${at}` };
      records.record(connection as never, "Request", "Audit", undefined, { command: "get", key: `key-${at}` });
      apiRequests.answered(`METHOD${at}`, `/v1/${at}`, 200 + (at % 400));
    }
  });
  const series = (families: ReadonlyMap<string, Family>, name: string): number =>
    families.get(name)?.samples.length ?? 0;
  assert.deepEqual([...many.keys()], [...few.keys()]);
  const grown = [...many.keys()].filter((name) => series(many, name) !== series(few, name));
  // 64 protocols and `other`, two directions, four verdicts; 128 routes and `other`, four classes of status.
  assert.deepEqual(Object.fromEntries(grown.map((name) => [name, series(many, name)])), {
    weir_requests_total: 65 * 2 * 4,
    weir_audited_requests_total: 65 * 2,
    weir_responses_total: 65 * 2 * 4,
    weir_connection_verdicts_total: 65 * 2 * 4,
    weir_audited_connections_total: 65 * 2,
    weir_api_requests_total: series(many, "weir_api_requests_total"),
  });
  assert.ok(series(many, "weir_api_requests_total") <= 129 * 4 + 4);
  const audited = many.get("weir_audited_requests_total")?.samples ?? [];
  assert.equal(
    audited.reduce((sum, { value }) => sum + value, 0),
    5_000,
  );
  const other = audited.filter(({ labels }) => labels["protocol"] === "other").map(({ value }) => value);
  assert.deepEqual(
    other.toSorted((one, another) => one - another),
    [0, 5_000 - 61],
  );
  const text = JSON.stringify(
    [...many.values()].map(({ labels }) => [...labels].map(([key, values]) => [key, [...values]])),
  );
  assert.doesNotMatch(text, /key-\d|policy-\d|10\.0\.|app=/);
});
