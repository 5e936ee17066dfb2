// A real agent with host processes: what a user sees of them. What survives what is in test/reliability.
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { connect as connectTo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { HostReport, StatusReport } from "../../src/api/rest.ts";
import { askOnce, Client, startEcho } from "../agent/upstream.ts";
import { type AgentOptions, type RunningAgent, startAgent } from "../support/agent.ts";
import { endHostProcesses } from "../support/host-processes.ts";

const droid = "127.0.8.1";
const READ = "READ plans\r\n";
const WRITE = "WRITE plans\r\n";

const configuration = (upstream: string, more: string): string => `
endpoints:
  - {name: server, addresses: [127.0.8.9], labels: ["app=server"]}
  - {name: droid, addresses: [${droid}], labels: ["app=droid"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: server}
policies: [./policies/*.yaml]
accessLog: ./run/access.log
${more}`;

const policy = (upstream: string, l7proto: string, rules: string, name = "server"): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: droid}}]
    toPorts:
    - ports: [{port: "${upstream.split(":")[1]}", protocol: TCP}]
      rules: {l7proto: ${l7proto}, l7: [${rules}]}
`;

/** Lines that read; what a rule may ask for is called by \`field\`. */
const extension = (field: string): string => `
import { defineExtension, drop, more, pass } from "weir/proxylib";
const END = Buffer.from("\\r\\n");
export default defineExtension({
  name: "lines",
  version: "1.0.0",
  fields: { ${field}: { exact: true } },
  restore: (connection) => make(connection),
  create: (connection) => make(connection),
});
function make(connection) {
  return {
    snapshot: () => Buffer.alloc(0),
    onData(reply, endStream, data) {
      const end = data.indexOf(END);
      if (end < 0) return more(1);
      if (reply) return pass(end + 2);
      const word = data.text(0, end).split(" ")[0];
      if (connection.matches({ ${field}: word })) {
        connection.log("Request", { word });
        return pass(end + 2);
      }
      connection.log("Denied", { word });
      connection.inject(true, Buffer.from("ERROR\\r\\n"));
      return drop(end + 2);
    },
  };
}
`;

async function start(t: TestContext, options: AgentOptions): Promise<RunningAgent> {
  const agent = await startAgent(options);
  t.after(async () => {
    await agent.stop();
    await endHostProcesses(join(agent.folder, "run"));
  });
  return agent;
}

async function statusOf(agent: RunningAgent): Promise<StatusReport> {
  return JSON.parse((await agent.weir("status", "-o", "json")).stdout) as StatusReport;
}

/** Asks until the hosts are as wanted; the runner's limit ends it. */
async function hostsOf(
  agent: RunningAgent,
  wanted: (hosts: readonly HostReport[]) => boolean,
): Promise<readonly HostReport[]> {
  for (;;) {
    const hosts = (await statusOf(agent)).dataPlanes[0]?.hosts ?? [];
    if (wanted(hosts)) return hosts;
  }
}

test("hosts share the connections, and each enforces every policy and every change of it", async (t) => {
  const upstream = await startEcho(t);
  const agent = await start(t, {
    configuration: configuration(upstream, "hosts: 2\n"),
    files: { "policies/p.yaml": policy(upstream, "r2d2", "{cmd: READ}") },
  });
  const target = agent.listenerOf("server");
  const clients = Array.from({ length: 40 }, () => new Client(t, target, droid));
  for (const client of clients) {
    assert.equal(await client.ask(WRITE), "ERROR\r\n");
    assert.equal(await client.ask(READ), READ);
  }
  const connections = (hosts: readonly HostReport[]): number => hosts.reduce((sum, host) => sum + host.connections, 0);
  const hosts = await hostsOf(agent, (all) => connections(all) === clients.length);
  assert.deepEqual(
    hosts.map(({ index, state, adopted, restarts }) => [index, state, adopted, restarts]),
    [
      [0, "running", false, 0],
      [1, "running", false, 0],
    ],
  );
  for (const { connections: some } of hosts) assert.ok(some > 0, `one host has ${some} of 40 connections`);

  const changed = join(agent.folder, "policies/p.yaml");
  await writeFile(changed, policy(upstream, "r2d2", "{cmd: WRITE}"));
  assert.equal((await agent.weir("policy", "wait", "3")).code, 0);
  for (const client of clients) {
    assert.equal(await client.ask(READ), "ERROR\r\n");
    assert.equal(await client.ask(WRITE), WRITE);
  }
  const text = (await agent.weir("status")).stdout;
  assert.match(
    text,
    /^HOST +PROCESS +STATE +CONNECTIONS +IN FORCE +RECORDS LOST +RESTARTS +LAST END\n0 +\d+ +running +\d+ +3 +0 +0\n1 /m,
  );
});

test("nobody reaches hosts or policy through xds.sock without a token", async (t) => {
  const upstream = await startEcho(t);
  const agent = await start(t, {
    configuration: configuration(upstream, "hosts: 1\n"),
    files: { "policies/p.yaml": policy(upstream, "r2d2", "{cmd: READ}") },
  });
  const socket = join(agent.folder, "run/xds.sock");
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
  for (const authorization of [undefined, "Bearer ", `Bearer ${"A".repeat(43)}`]) {
    const session = connect("http://weir", { createConnection: () => connectTo(socket) });
    t.after(() => session.destroy());
    const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...(authorization === undefined ? {} : { authorization }),
    });
    const answer = Promise.withResolvers<string>();
    stream.on(
      "response",
      (headers) => headers["grpc-status"] !== undefined && answer.resolve(String(headers["grpc-status"])),
    );
    stream.on("trailers", (headers) => answer.resolve(String(headers["grpc-status"])));
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    // gRPC's UNAUTHENTICATED.
    assert.equal(await answer.promise, "16");
    assert.equal(received, 0);
  }
});

test("an extension of the configuration runs in a process of its own, and says whether it is confined", async (t) => {
  const upstream = await startEcho(t);
  const agent = await start(t, {
    configuration: configuration(upstream, "hosts: 1\nextensions: [./extensions/lines.mjs]\n"),
    files: { "extensions/lines.mjs": extension("word"), "policies/p.yaml": policy(upstream, "lines", "{word: READ}") },
  });
  const target = agent.listenerOf("server");
  assert.equal(await askOnce(t, target, droid, WRITE), "ERROR\r\n");
  assert.equal(await askOnce(t, target, droid, READ), READ);
  const [host] = await hostsOf(agent, ([one]) => one?.extensionHosts[0]?.state === "running");
  const [process] = host?.extensionHosts ?? [];
  assert.deepEqual(process?.extensions, ["lines"]);
  assert.notEqual(process?.pid, host?.pid);
  // Where it cannot be confined it must say why.
  assert.equal(process?.confined, process?.unconfined.length === 0);
  const records = await agent.accessLog();
  assert.deepEqual(
    records.map(({ type, fields, rule }) => [type, fields["word"], rule]),
    [
      ["Denied", "WRITE", undefined],
      ["Request", "READ", "spec.ingress[0].toPorts[0].rules.l7[0]"],
    ],
  );
});

test("an extension that is another one than policy was checked with gets no connection, and that is a problem", async (t) => {
  const upstream = await startEcho(t);
  const agent = await start(t, {
    configuration: configuration(upstream, "hosts: 1\nextensions: [./extensions/lines.mjs]\n"),
    files: { "extensions/lines.mjs": extension("word"), "policies/p.yaml": policy(upstream, "lines", "{word: READ}") },
  });
  const target = agent.listenerOf("server");
  assert.equal(await askOnce(t, target, droid, READ), READ);
  // The next host finds another extension than the one that the agent has checked the policy against.
  await writeFile(join(agent.folder, "extensions/lines.mjs"), extension("verb"));
  const before = (await statusOf(agent)).dataPlanes[0]?.hosts?.[0]?.pid ?? 0;
  process.kill(before, "SIGKILL");
  const differs = ([one]: readonly HostReport[]): boolean =>
    one?.pid !== before && (one?.extensionHosts[0]?.problems.length ?? 0) > 0;
  const [host] = await hostsOf(agent, differs);
  assert.equal(host?.restarts, 1);
  assert.match(host?.lastEnd?.reason ?? "", /SIGKILL/);
  const why = /the extension host runs another "lines" .*: its fields are not those that policy was checked with/;
  assert.match(host?.extensionHosts[0]?.problems.join() ?? "", why);
  assert.equal(await askOnce(t, target, droid, READ), "closed");
  const { agent: state, problems, warnings } = await statusOf(agent);
  assert.equal(state.state, "degraded");
  assert.match(problems.join(), /host 0: the extension host runs another "lines"/);
  assert.match(warnings.join(), /extension lines was edited, and host 0 runs it as it is now/);

  const log = await readFile(join(agent.folder, "run/access.log"), "utf8");
  assert.match(log, /"type":"agent","subtype":"Host ended".*"host":0/);
});
