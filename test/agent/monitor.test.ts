import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { AgentItem, MonitorItem } from "../../src/api/monitor-event.ts";
import { type RunningAgent, startAgent, weir } from "../support/agent.ts";
import { startProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce, startEcho } from "./upstream.ts";

const friend = "127.0.24.2";
const other = "127.0.24.3";

const configuration = (upstream: string): string => `
endpoints:
  - {name: droid, addresses: [127.0.24.1], labels: ["app=droid"]}
  - {name: friend, addresses: [${friend}], labels: ["app=friend"]}
  - {name: other, addresses: [${other}], labels: ["app=other"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: droid}
policies: [./policies/*.yaml]
accessLog: ./run/access.log
`;

const policy = (name: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: droid}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: friend}}]
    toPorts: [{ports: [], rules: {l7proto: r2d2, l7: [{cmd: READ}]}}]
`;

async function startDroid(t: TestContext): Promise<RunningAgent> {
  const upstream = await startEcho(t);
  const port = upstream.slice(upstream.lastIndexOf(":") + 1);
  const ports = `ports: [{port: "${port}", protocol: TCP}]`;
  const files = { "policies/droid.yaml": policy("droid").replace("ports: []", ports) };
  return await startAgent({ configuration: configuration(upstream), files });
}

/** One request that is allowed, one that is not, and a connection that is not. */
async function talk(t: TestContext, agent: RunningAgent): Promise<void> {
  const target = agent.listenerOf("droid");
  assert.equal(await askOnce(t, target, friend, "READ public.txt\r\n"), "READ public.txt\r\n");
  assert.equal(await askOnce(t, target, friend, "WRITE public.txt\r\n"), "ERROR\r\n");
  assert.equal(await askOnce(t, target, other, "READ public.txt\r\n"), "closed");
}

async function items(agent: RunningAgent, ...options: string[]): Promise<MonitorItem[]> {
  const { code, stdout, stderr } = await agent.weir("monitor", "-o", "json", ...options);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as MonitorItem]));
}

function brief(item: MonitorItem): string {
  if ("lost" in item) return `lost ${item.lost}`;
  if (item.type === "agent") return (item as AgentItem).subtype;
  const record = item as AccessLogRecord;
  return `${record.type} ${record.verdict} ${record.source.endpoint} ${record.fields["cmd"] ?? "-"}`;
}

test("the past of a running agent: its own events and the decisions, in order, filtered by the agent", async (t) => {
  await using agent = await startDroid(t);
  await talk(t, agent);
  const last = (await items(agent, "--last", "100")).map(brief);
  assert.deepEqual(last.slice(0, 3), ["Endpoint created", "Endpoint created", "Endpoint created"]);
  const own = last.filter((text) => !text.startsWith("Endpoint"));
  assert.deepEqual(own.slice(-6), [
    "Agent started",
    "Policy updated",
    "Listeners opened",
    "Request Forwarded friend READ",
    "Denied Denied friend WRITE",
    "Connection Denied other -",
  ]);

  const table: [options: string[], expected: string[]][] = [
    [
      ["-t", "l7"],
      ["Request Forwarded friend READ", "Denied Denied friend WRITE"],
    ],
    [["-t", "drop"], ["Connection Denied other -"]],
    [
      ["-t", "drop", "-t", "l7", "--not", "--verdict", "Forwarded"],
      ["Denied Denied friend WRITE", "Connection Denied other -"],
    ],
    [["--from", "friend", "--verdict", "Denied"], ["Denied Denied friend WRITE"]],
    [["--from", other], ["Connection Denied other -"]],
    [["--to", "app=droid", "--not", "--from", "app=friend"], ["Connection Denied other -"]],
    [
      ["--policy", "droid"],
      ["Policy updated", "Request Forwarded friend READ"],
    ],
    [["--proto", "r2d2", "--last", "1"], ["Denied Denied friend WRITE"]],
    [["--verdict", "Audit"], []],
    [["-t", "agent", "--since", "2100-01-01T00:00:00Z"], []],
  ];
  for (const [options, expected] of table) {
    const bounds = options.includes("--last") || options.includes("--since") ? [] : ["--since", "1h"];
    assert.deepEqual((await items(agent, ...options, ...bounds)).map(brief), expected, options.join(" "));
  }

  // Protobuf was offered and taken, and what the command prints is what the access log has.
  const lines = await agent.weir("monitor", "--json", "--last", "100", "-t", "l7", "-t", "drop");
  const log = join(agent.folder, "run/access.log");
  await agent.process.stop();
  assert.equal(lines.stdout, await readFile(log, "utf8"));
});

test("a live monitor shows what the agent does until it ends", async (t) => {
  await using agent = await startDroid(t);
  const monitor = await startProcess(process.execPath, [
    ...[join(repositoryRoot, "bin/weir.mjs"), "monitor", "--socket", join(agent.folder, "run/weir.sock")],
  ]);
  t.after(() => monitor.stop());
  await monitor.outputMatches(/listening for events/);
  await talk(t, agent);
  await monitor.outputMatches(/ <- Denied r2d2 from friend \(unspec:app=friend\) to droid .* verdict Denied cmd:WRITE/);
  const file = join(agent.folder, "more.yaml");
  await writeFile(
    file,
    policy("more").replace("toPorts: [{ports: [], rules: {l7proto: r2d2, l7: [{cmd: READ}]}}]", ""),
  );
  assert.equal((await agent.weir("policy", "import", file)).code, 0);
  await monitor.outputMatches(/ >> Policy updated: \{"policies":\["more"\],"revision":3,"ruleCount":1\}/);
  await monitor.outputMatches(/ >> Endpoint regenerated: \{"endpoint":"droid",.*"revision":3\}/);
  assert.equal((await agent.weir("config", "set", "connectionsMax=77")).code, 0);
  await monitor.outputMatches(/ >> Configuration changed: \{"settings":\{"connectionsMax":"77"\}\}/);
  assert.equal((await agent.weir("policy", "delete", "more")).code, 0);
  await monitor.outputMatches(/ >> Policy deleted: \{"policies":\["more"\],"revision":4\}/);
  assert.equal((await agent.weir("endpoint", "add", "late", "--label", "app=late")).code, 0);
  await monitor.outputMatches(
    / >> Endpoint created: \{"endpoint":"late","identity":\d+,"labels":\["unspec:app=late"\]\}/,
  );
  agent.process.kill("SIGTERM");
  assert.deepEqual(await monitor.ended, { code: 0, signal: null });
  assert.match(monitor.output(), / >> Agent draining: \{\}\n(.*\n)*the agent has ended\n$/);
});

test("curl gets JSON lines; what is asked wrongly is told at once", async (t) => {
  await using agent = await startDroid(t);
  await talk(t, agent);
  const socketPath = join(agent.folder, "run/weir.sock");
  const get = async (path: string, accept = "*/*"): Promise<[IncomingMessage, string]> => {
    const outgoing = request({ socketPath, path, headers: { accept }, agent: false }).end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response) text += chunk;
    return [response, text];
  };
  const [plain, lines] = await get("/v1/monitor?last=2&type=l7");
  assert.equal(plain.headers["content-type"], "application/x-ndjson");
  assert.deepEqual(
    lines
      .trim()
      .split("\n")
      .map((line) => brief(JSON.parse(line) as MonitorItem)),
    ["Request Forwarded friend READ", "Denied Denied friend WRITE"],
  );
  const [refused] = await get("/v1/monitor", "application/vnd.weir.monitor.v9+protobuf");
  assert.equal(refused.statusCode, 406);
  const wrong = await agent.weir("monitor", "--from", "a b", "--since", "yesterday");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^error: WEIR_REQUEST_INVALID:[\s\S]*from\[0\][\s\S]*since/);
});

test("an agent of before is understood, and is not asked what it cannot do", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "weir-old-agent-"));
  const socket = join(folder, "weir.sock");
  const old = createServer((_request, response) => {
    const record = '{"time":"2026-01-01T00:00:00.000Z","type":"Request","verdict":"Forwarded","proto":"r2d2",';
    const sides = '"direction":"ingress","source":{"identity":2,"labels":[],"address":"127.0.0.1:1"},';
    const rest = '"destination":{"identity":3,"labels":[],"address":"127.0.0.1:2"},"fields":{"cmd":"READ"}}';
    response.setHeader("content-type", "application/x-ndjson").end(`${record}${sides}${rest}\n{"lost":2}\n`);
  }).listen(socket);
  await once(old, "listening");
  t.after(async () => {
    old.close();
    await rm(folder, { recursive: true });
  });
  const shown = await weir("monitor", "--socket", socket);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /Request r2d2 from 127\.0\.0\.1:1 .*cmd:READ\n\*\* 2 events lost: /);
  const filtered = await weir("monitor", "--socket", socket, "-t", "l7");
  assert.equal(filtered.code, 1);
  assert.match(filtered.stderr, /^error: WEIR_API_FAILED: this agent is of an older version/);
});
