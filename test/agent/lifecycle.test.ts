import assert from "node:assert/strict";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startAgent, weir, writeConfiguration } from "../support/agent.ts";
import { startProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce, Client, startEcho } from "./upstream.ts";

const WEIR = join(repositoryRoot, "bin/weir.mjs");

const configuration = (upstream: string, more = ""): string => `
endpoints:
  - {name: server, addresses: [127.0.5.1], labels: ["app=server"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: server}
accessLog: ./run/access.log
${more}`;

async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

/** Starts an agent in a folder that outlives it. */
async function run(t: TestContext, folder: string) {
  const agent = await startProcess(process.execPath, [WEIR, "agent", "--config", join(folder, "weir.yaml")]);
  t.after(() => agent.stop());
  return agent;
}

async function temporary(t: TestContext, text: string): Promise<string> {
  const folder = await writeConfiguration({ configuration: text });
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("state and socket are the owner's alone, and gone after SIGTERM, which is a good end", async (t) => {
  const upstream = await startEcho(t);
  await using agent = await startAgent({ configuration: configuration(upstream) });
  const state = join(agent.folder, "run");
  assert.equal(await mode(state), "700");
  for (const file of ["weir.pid", "access.log"]) assert.equal(await mode(join(state, file)), "600", file);
  assert.equal(await mode(join(state, "weir.sock")), "600");
  assert.equal(await askOnce(t, agent.listenerOf("server"), "127.0.5.9", "hello\r\n"), "hello\r\n");
  agent.process.kill("SIGTERM");
  assert.deepEqual(await agent.process.ended, { code: 0, signal: null });
  assert.deepEqual(
    (await readdir(state)).filter((name) => name !== "hosts"),
    ["access.log"],
  );
});

test("one state directory has one agent; what a killed one left does not stop the next", async (t) => {
  const upstream = await startEcho(t);
  const folder = await temporary(t, `${configuration(upstream)}\nhosts: 0\n`);
  const config = join(folder, "weir.yaml");
  const first = await run(t, folder);
  const status = await weir("status", "--wait", "-o", "json", "--config", config);
  assert.equal(status.code, 0, status.stderr);
  const pid = (JSON.parse(status.stdout) as { agent: { pid: number } }).agent.pid;

  const second = await weir("agent", "--config", config);
  assert.equal(second.code, 1);
  assert.match(
    second.stderr,
    new RegExp(`^error: WEIR_CONFIG_INVALID: an agent with process id ${pid} uses .*weir\\.pid`),
  );
  assert.equal((await weir("status", "--config", config)).code, 0);

  process.kill(pid, "SIGKILL");
  await first.ended;
  assert.deepEqual((await readdir(join(folder, "run"))).sort(), ["access.log", "weir.pid", "weir.sock"]);
  const gone = await weir("status", "--config", config);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /WEIR_AGENT_UNREACHABLE.*its agent has ended/);

  await run(t, folder);
  assert.equal((await weir("status", "--wait", "--config", config)).code, 0);
});

test("live connections may end by themselves after SIGTERM, and nobody else gets in", async (t) => {
  const upstream = await startEcho(t);
  await using agent = await startAgent({ configuration: configuration(upstream, "drainMs: 600000") });
  const target = agent.listenerOf("server");
  const client = new Client(t, target, "127.0.5.9");
  assert.equal(await client.ask("before\r\n"), "before\r\n");
  agent.process.kill("SIGTERM");
  await agent.process.outputMatches(/told to end/);
  const draining = await agent.weir("status");
  assert.equal(draining.code, 1);
  assert.match(draining.stdout, /^Agent: +draining/);
  assert.equal(await client.ask("during\r\n"), "during\r\n");
  assert.equal(await askOnce(t, target, "127.0.5.9", "late\r\n"), "closed");
  client.socket.end();
  assert.deepEqual(await agent.process.ended, { code: 0, signal: null });
});

test("connections that do not end in time are reset; a second signal ends the agent at once", async (t) => {
  const upstream = await startEcho(t);
  await using quick = await startAgent({ configuration: configuration(upstream, "drainMs: 1") });
  const client = new Client(t, quick.listenerOf("server"), "127.0.5.9");
  await client.ask("x\r\n");
  quick.process.kill("SIGINT");
  assert.deepEqual(await quick.process.ended, { code: 0, signal: null });
  await client.closed;
  assert.match(await readFile(join(quick.folder, "run/access.log"), "utf8"), /weir stops/);

  await using patient = await startAgent({ configuration: configuration(upstream, "drainMs: 600000") });
  await new Client(t, patient.listenerOf("server"), "127.0.5.9").ask("x\r\n");
  patient.process.kill("SIGTERM");
  await patient.process.outputMatches(/told to end/);
  patient.process.kill("SIGTERM");
  assert.equal((await patient.process.ended).code, 1);
});

test("SIGHUP goes on in a new access log", async (t) => {
  const upstream = await startEcho(t);
  const never = "policies: [./deny.yaml]";
  const deny = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: deny}
spec: {endpointSelector: {}, ingress: [{}]}
`;
  await using agent = await startAgent({ configuration: configuration(upstream, never), files: { "deny.yaml": deny } });
  const log = join(agent.folder, "run/access.log");
  const target = agent.listenerOf("server");
  assert.equal(await askOnce(t, target, "127.0.5.8", "x\r\n"), "closed");
  await rename(log, `${log}.1`);
  process.kill(agent.status.agent.pid, "SIGHUP");
  await agent.process.outputMatches(/access log was opened anew/);
  assert.equal(await askOnce(t, target, "127.0.5.9", "x\r\n"), "closed");
  await agent.process.stop();
  const [old, renewed] = [await readFile(`${log}.1`, "utf8"), await readFile(log, "utf8")];
  // A record that was not written yet when the file was renamed may stand in either.
  assert.match(old + renewed, /127\.0\.5\.8/);
  assert.doesNotMatch(old, /127\.0\.5\.9/);
  assert.match(renewed, /127\.0\.5\.9/);
  assert.equal(await mode(log), "600");
});
