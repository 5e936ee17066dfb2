// Metrics of a real agent: through its socket, and where Prometheus looks for them.
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { MetricSample } from "../../src/api/rest.ts";
import { startAgent, weir, writeConfiguration } from "../support/agent.ts";
import { repositoryRoot } from "../support/repository.ts";
import { parseExposition } from "./exposition.ts";
import { askOnce, startEcho } from "./upstream.ts";

const policy = (name: string, mode: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}, annotations: {weir.dev/mode: ${mode}}}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: friend}}]
`;

const configuration = (upstream: string): string => `
endpoints:
  - {name: server, addresses: [127.0.5.1], labels: ["app=server"]}
  - {name: friend, addresses: [127.0.5.2], labels: ["app=friend"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: server}
policies: [./*.policy.yaml]
prometheusListen: "127.0.0.1:0"
`;

test("the metrics of an agent", async (t) => {
  const upstream = await startEcho(t);
  const files = { "a.policy.yaml": policy("a", "enforce") };
  await using agent = await startAgent({ configuration: configuration(upstream), files });
  const told = /"listen":"([\d.:]+)","msg":"metrics are served for Prometheus"/.exec(agent.process.output());
  const target = `http://${told?.[1]}`;
  const listen = agent.listenerOf("server");
  assert.equal(await askOnce(t, listen, "127.0.5.2", "hello\r\n"), "hello\r\n");
  assert.equal(await askOnce(t, listen, "127.0.5.9", "hello\r\n"), "closed");

  const list = async (...options: string[]): Promise<readonly MetricSample[]> => {
    const { code, stdout, stderr } = await agent.weir("metrics", "list", "-o", "json", ...options);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as MetricSample[];
  };
  /** Every series as Prometheus writes it, with its value. */
  const seriesNow = async (): Promise<ReadonlyMap<string, number>> => {
    const samples = await list();
    return new Map(
      samples.map(({ name, labels, value }) => {
        const texts = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
        return [texts.length === 0 ? name : `${name}{${texts.join(",")}}`, value];
      }),
    );
  };

  await t.test("tell what the agent has and did", async () => {
    const series = await seriesNow();
    for (const [name, expected] of [
      ['weir_policies{mode="enforce"}', 1],
      ['weir_policies{mode="audit"}', 0],
      ['weir_endpoints{mode="enforce"}', 2],
      ['weir_endpoint_state{endpoint_state="ready"}', 2],
      ['weir_policy_endpoint_enforcement_status{enforcement="ingress"}', 1],
      ["weir_endpoint_policy_failures", 0],
      ["weir_proxy_redirects", 1],
      ["weir_connections_accepted_total", 2],
      ["weir_connections_opened_total", 1],
      ['weir_connections_dropped_total{reason="policy_denied"}', 1],
      ['weir_forwarded_bytes_total{receiver="upstream"}', "hello\r\n".length],
      ['weir_connection_verdicts_total{protocol="tcp",direction="ingress",verdict="denied"}', 1],
      ['weir_requests_total{protocol="memcache",direction="egress",verdict="audit"}', 0],
      ['weir_identities{type="workload"}', 2],
      ["weir_monitor_subscribers", 0],
      ['weir_errors_warnings_total{level="error",subsystem="policy"}', 0],
    ] as const) {
      assert.equal(series.get(name), expected, name);
    }
    assert.ok(Number(series.get("weir_ipcache_entries")) >= 2);
    assert.ok(Number(series.get("weir_policy_max_revision")) > 1);
  });

  await t.test("count regenerations and their times", async () => {
    const series = await seriesNow();
    assert.ok(Number(series.get('weir_endpoint_regenerations_total{outcome="success"}')) >= 2);
    assert.equal(series.get('weir_endpoint_regenerations_total{outcome="fail"}'), 0);
    for (const phase of ["resolve", "apply", "total"]) {
      const of = (suffix: string): number =>
        Number(series.get(`weir_endpoint_regeneration_duration_seconds_${suffix}{phase="${phase}"}`));
      assert.ok(of("count") >= 1, phase);
      assert.ok(of("sum") > 0 && of("sum") < 60, phase);
    }
  });

  await t.test("count the questions themselves, and refused policy", async () => {
    const question = 'weir_api_requests_total{method="GET",route="/v1/metrics",status="2xx"}';
    const before = Number((await seriesNow()).get(question));
    assert.equal((await agent.weir("policy", "import", join(repositoryRoot, "package.json"))).code, 1);
    const after = await seriesNow();
    assert.equal(after.get(question), before + 1);
    assert.equal(after.get('weir_policy_import_errors_total{source="api"}'), 1);
    assert.equal(after.get('weir_policy_import_errors_total{source="file"}'), 0);
  });

  await t.test("are filtered by name and labels, several patterns adding up", async () => {
    const all = await list();
    const some = await list("-p", "^weir_policies{", "-p", 'mode="audit"');
    assert.deepEqual(
      some.map(({ name, labels }) => `${name} ${labels["mode"]}`),
      ["weir_policies enforce", "weir_policies audit", "weir_endpoints audit"],
    );
    assert.ok(all.length > 100);
    assert.deepEqual(await list("-p", "no such metric"), []);
    assert.ok(all.every(({ name }) => !name.endsWith("_bucket")));
  });

  await t.test("are a table, JSON or YAML", async () => {
    const table = await agent.weir("metrics", "list", "-p", "^weir_policies{");
    const lines = table.stdout.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^METRIC +LABELS +VALUE$/);
    assert.match(lines[1] ?? "", /^weir_policies +mode="enforce" +1\.000000$/);
    assert.equal(lines.length, 3);
    const yaml = await agent.weir("metrics", "list", "-p", "^weir_policies{", "-o", "yaml");
    assert.match(yaml.stdout, /^- name: weir_policies\n {2}labels:\n {4}mode: enforce\n {2}value: 1\n/m);
  });

  await t.test("are where Prometheus looks for them, the same as on the socket", async () => {
    const reply = await fetch(`${target}/metrics`);
    assert.equal(reply.status, 200);
    assert.match(String(reply.headers.get("content-type")), /^text\/plain; version=0\.0\.4/);
    const families = parseExposition(await reply.text());
    const names = new Set((await list()).map(({ name }) => name.replace(/(_seconds)_(sum|count)$/, "$1")));
    // Of hosts there are none here: what is told of each one has a name, and no series.
    const told = [...families.values()].filter(({ samples }) => samples.length > 0);
    assert.deepEqual(new Set(told.map(({ name }) => name)), names);
    assert.equal((await fetch(`${target}/v1/policy`)).status, 404);
  });
});

test("a policy in audit mode is counted as such, and what passes because of it too", async (t) => {
  const upstream = await startEcho(t);
  const files = { "a.policy.yaml": policy("a", "audit") };
  await using agent = await startAgent({ configuration: configuration(upstream), files });
  assert.equal(await askOnce(t, agent.listenerOf("server"), "127.0.5.9", "hello\r\n"), "hello\r\n");
  const { stdout } = await agent.weir("metrics", "list", "-p", "audit");
  assert.match(stdout, /^weir_policies +mode="audit" +1\.0/m);
  assert.match(stdout, /^weir_audited_connections_total +protocol="tcp" direction="ingress" +1\.0/m);
});

test("a pattern that is none is an error of usage that names it", async () => {
  for (const [pattern, expected] of [
    ["weir_(", /'-p, --match-pattern <regex>' argument 'weir_\(' is invalid.*missing closing \): `weir_\(`/],
    ["(?=x)", /RE2 syntax: invalid or unsupported Perl syntax: `\(\?=`/],
    ["", /It is empty/],
    ["x".repeat(2_000), /has 2000 characters/],
  ] as const) {
    const { code, stderr } = await weir("metrics", "list", "-p", pattern, "--socket", "/nonexistent");
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
});

test("an address for Prometheus that is taken ends the start, and says whose it is", async (t) => {
  const upstream = await startEcho(t);
  const folder = await writeConfiguration({
    configuration: `prometheusListen: "${upstream}"`,
  });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { code, stderr } = await weir("agent", "--config", join(folder, "weir.yaml"));
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`error: WEIR_CONFIG_INVALID: prometheusListen ${upstream} cannot be had: the address`),
  );
  await assert.rejects(readFile(join(folder, "run/weir.sock")), /ENOENT/);
});
