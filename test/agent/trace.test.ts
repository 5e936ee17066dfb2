// `weir policy trace` against a running agent and against files: what it says is what the agent does.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { JudgedDirection, TraceReport } from "../../src/api/trace.ts";
import { type RunningAgent, startAgent, weir } from "../support/agent.ts";
import type { Finished } from "../support/child-process.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce } from "./upstream.ts";

const REBELS = await readFile(join(repositoryRoot, "examples/policies/memcached-rebels.yaml"), "utf8");
const MONITORING = "127.0.8.2";
const STRANGER = "127.0.8.9";

const configuration = (upstream: string): string => `
endpoints:
  - {name: memcached, addresses: [127.0.8.1], labels: ["app=memcached"]}
  - {name: monitoring, addresses: [${MONITORING}], labels: ["function=fleet-monitoring"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: memcached}
policies: [rebels.yaml]
`;

const AUDITED = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: watch, annotations: {weir.dev/mode: audit}}
spec:
  endpointSelector: {matchLabels: {app: cache}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts:
    - ports: [{port: "11211", protocol: TCP}]
      rules: {l7proto: memcache, l7: [{command: get, keyPrefix: a/}, {action: deny, command: flush_all}]}
`;

const TO_MEMCACHED = ["--dst", "endpoint:memcached", "--dport", "11211/tcp"];
const ALLOWED = ["--l7", "command=get,key=alliance/fleet/x"];
const REFUSED = ["--l7", "command=set,key=alliance/fleet/x"];

function reportOf({ stdout }: Finished): TraceReport {
  return JSON.parse(stdout) as TraceReport;
}

function judged({ directions }: TraceReport, direction: "ingress" | "egress"): JudgedDirection {
  const found = directions.find((one) => one.direction === direction);
  assert.ok(found?.kind === "judged", JSON.stringify(directions));
  return found;
}

describe("asking a running agent", () => {
  let agent: RunningAgent;
  before(async () => {
    agent = await startAgent({ configuration: configuration("127.0.8.1:11211"), files: { "rebels.yaml": REBELS } });
  });
  after(() => agent?.stop());
  const trace = (...parameters: string[]) => agent.weir("policy", "trace", ...parameters);

  test("the verdict is the exit code, and the text names the rules", async () => {
    const src = ["--src", "endpoint:monitoring"];
    const allowed = await trace(...src, ...TO_MEMCACHED, ...ALLOWED);
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.match(allowed.stdout, /^-+\nTracing From: \[unspec:function=fleet-monitoring\] \(endpoint monitoring, /);
    assert.match(
      allowed.stdout,
      /Ingress verdict: ALLOWED, allowed by policy secure-rebel-alliance-memcache, specs\[0\]/,
    );
    assert.match(allowed.stdout, /\nFinal verdict: ALLOWED\n$/);

    const denied = await trace(...src, ...TO_MEMCACHED, ...REFUSED);
    assert.equal(denied.code, 3, denied.stderr);
    assert.match(denied.stdout, /l7\[0\]: matches all but command "get"\n/);
    assert.match(denied.stdout, /\nFinal verdict: DENIED\n$/);

    const depends = await trace(...src, ...TO_MEMCACHED);
    assert.equal(depends.code, 4, depends.stderr);
    assert.match(
      depends.stdout,
      /L7 rules for this peer and port:\n.*l7\[0\]: command "get", keyPrefix "alliance\/fleet\/"\n/,
    );
    assert.match(depends.stdout, /\nFinal verdict: DEPENDS ON THE REQUEST \(give it with --l7\)\n$/);
  });

  test("a side can be named in every way, and means the same", async () => {
    const { identity = 0 } = reportOf(
      await trace("--src", "endpoint:monitoring", ...TO_MEMCACHED, "-o", "json", ...ALLOWED),
    ).src;
    const reports: TraceReport[] = [];
    for (const src of [
      "endpoint:monitoring",
      `identity:${identity}`,
      `ip:${MONITORING}`,
      "function=fleet-monitoring",
    ]) {
      for (const l7 of [ALLOWED, REFUSED]) {
        const finished = await trace("--src", src, ...TO_MEMCACHED, "-o", "json", ...l7);
        assert.equal(finished.code, l7 === ALLOWED ? 0 : 3, src + finished.stderr);
        reports.push(reportOf(finished));
      }
    }
    for (const [index, report] of reports.entries()) {
      assert.deepEqual(report.directions, reports[index % 2]?.directions);
      assert.deepEqual(report.src.labels, ["unspec:function=fleet-monitoring"]);
    }
  });

  test("whoever has no policy is skipped with a word", async () => {
    const report = reportOf(await trace("--src", "ip:203.0.113.9", ...TO_MEMCACHED, "-o", "json"));
    assert.equal(report.verdict, "denied");
    assert.deepEqual(report.src, { labels: ["reserved:world"], identity: 2, address: "203.0.113.9" });
    const [egress] = report.directions;
    assert.ok(egress?.kind === "skipped");
    assert.match(egress.because, /reserved:world is no endpoint/);
    assert.match(judged(report, "ingress").reason, /no rule allows this peer on this port/);
    const neither = await trace("--src", "reserved:world", "--dst", "reserved:host", "--dport", "80");
    assert.equal(neither.code, 0);
    assert.match(neither.stdout, /Note: no policy is asked: neither side has one/);
  });

  test("an endpoint in audit mode is AUDITED, which is success", async () => {
    const configured = await agent.weir("endpoint", "config", "memcached", "audit=on");
    assert.equal(configured.code, 0, configured.stderr);
    try {
      const audited = await trace("--src", "endpoint:monitoring", ...TO_MEMCACHED, ...REFUSED);
      assert.equal(audited.code, 0, audited.stderr);
      assert.match(audited.stdout, /would be denied: no rule allows it, .*\(audit\)\n\nFinal verdict: AUDITED\n$/);
    } finally {
      await agent.weir("endpoint", "config", "memcached", "audit=off");
    }
  });

  test("files without an agent give the same answer", async () => {
    const parameters = ["--src", "ip:127.0.8.2", ...TO_MEMCACHED, ...REFUSED, "-o", "json"];
    const live = reportOf(await trace(...parameters));
    const file = join(agent.folder, "rebels.yaml");
    const offline = await weir("policy", "trace", "--policy", file, "--config", agent.configFile, ...parameters);
    assert.equal(offline.code, 3, offline.stderr);
    const { revision: _, ...rest } = reportOf(offline);
    const { revision: __, ...expected } = live;
    assert.deepEqual(rest, expected);
  });

  test("what cannot be found is told at once", async () => {
    const failed = await trace(
      ...[
        "--src",
        "endpoint:monitorin",
        "--dst",
        "identity:65000",
        "--dport",
        "1",
        "--l7",
        "x=y",
        "--l7proto",
        "memcach",
      ],
    );
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, "");
    assert.match(failed.stderr, /^error: WEIR_REQUEST_INVALID: /);
    assert.match(failed.stderr, /src\.endpoint: there is no endpoint "monitorin" \(did you mean `monitoring`\?\)/);
    assert.match(failed.stderr, /dst\.identity: there is no identity 65000/);
    assert.match(failed.stderr, /l7proto: there is no extension "memcach" \(did you mean `memcache`\?\)/);
    assert.equal(failed.stderr.split("\n").length, 5, failed.stderr);
    const attributes = await trace("--src", "a", ...TO_MEMCACHED, "--l7", "comand=get,keys=a");
    assert.equal(attributes.code, 1);
    assert.match(attributes.stderr, /l7\.comand: .*did you mean `command`[\s\S]*l7\.keys: .*did you mean `key`/);
  });

  test("nothing that controls a terminal is printed", async () => {
    const bad = await trace("--src", "app=a\u001b[31m", ...TO_MEMCACHED);
    assert.equal(bad.code, 1);
    const shown = await trace("--src", "app=a\u202eb", ...TO_MEMCACHED, "--l7", "command=get,key=a\u001b[2J");
    assert.equal(shown.code, 3, shown.stderr);
    assert.match(shown.stdout, /\[unspec:app=a\\u202eb\]/);
    assert.match(shown.stdout, /key=a\\x1b\[2J/);
    for (const text of [bad.stdout, bad.stderr, shown.stdout]) assert.doesNotMatch(text, /[\u001b\u202e]/);
  });
});

test("a wrong command line tells all at once and ends with 2", async () => {
  const { code, stdout, stderr } = await weir("policy", "trace", "--src", "10.0.0.1", "--dport", "0", "--l7", "get");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  for (const message of [/--src 10\.0\.0\.1: write ip:/, /--dst is missing/, /--dport 0: /, /--l7 get: /]) {
    assert.match(stderr, message);
  }
});

test("an audited policy passes what it would deny, and says by which rule", async () => {
  await using agent = await startAgent({ configuration: "policies: [watch.yaml]\n", files: { "watch.yaml": AUDITED } });
  const sides = ["--src", "app=web", "--dst", "app=cache", "--dport", "11211", "-o", "json"];
  const file = join(agent.folder, "watch.yaml");
  for (const [l7, verdict, effect] of [
    ["command=get,key=a/1", "allowed", undefined],
    ["command=get,key=b/1", "audited", "missing"],
    ["command=flush_all", "audited", "deny"],
  ] as const) {
    for (const finished of [
      await agent.weir("policy", "trace", ...sides, "--l7", l7),
      await weir("policy", "trace", "--policy", file, ...sides, "--l7", l7),
    ]) {
      assert.equal(finished.code, 0, finished.stderr);
      const report = reportOf(finished);
      assert.equal(report.verdict, verdict, l7);
      assert.equal(judged(report, "ingress").rule?.effect, effect, l7);
    }
  }
});

test("policies with problems are refused with all of them", async () => {
  await using agent = await startAgent({
    configuration: "endpoints: []\n",
    files: { "bad.yaml": AUDITED.replace("memcache,", "memcach,") },
  });
  const file = join(agent.folder, "bad.yaml");
  const failed = await weir("policy", "trace", "--policy", file, "--src", "a", "--dst", "b", "--dport", "1");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /WEIR_POLICY_INVALID[\s\S]*bad\.yaml:\d+:\d+: .*memcach/);
});

test("a real request does what the trace says", async (t) => {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  await using agent = await startAgent({
    configuration: configuration(`127.0.0.1:${memcached.port}`),
    files: { "rebels.yaml": REBELS.replaceAll('"11211"', `"${memcached.port}"`) },
  });
  const target = agent.listenerOf("memcached");
  const table: readonly (readonly [source: string, l7: string, bytes: string])[] = [
    [MONITORING, "command=get,key=alliance/fleet/x", "get alliance/fleet/x\r\n"],
    [MONITORING, "command=get,key=alliance/fleet/x,key=other", "get alliance/fleet/x other\r\n"],
    [MONITORING, "command=delete,key=alliance/fleet/x", "delete alliance/fleet/x\r\n"],
    [STRANGER, "command=get,key=alliance/fleet/x", "get alliance/fleet/x\r\n"],
  ];
  const seen: (number | null)[] = [];
  for (const [source, l7, bytes] of table) {
    const dport = String(memcached.port);
    const asked = ["--src", `ip:${source}`, "--dst", "endpoint:memcached", "--dport", dport, "--l7", l7];
    const { code, stderr } = await agent.weir("policy", "trace", ...asked);
    const answer = await askOnce(t, target, source, bytes);
    assert.equal(answer === "END\r\n" ? 0 : 3, code, `${l7}: ${answer} ${stderr}`);
    seen.push(code);
  }
  assert.deepEqual(seen, [0, 3, 3, 3]);
});
