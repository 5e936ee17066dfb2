import assert from "node:assert/strict";
import { access, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { StatusReport } from "../../src/api/rest.ts";
import { weir, writeConfiguration } from "../support/agent.ts";
import { startProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce, Client, startEcho } from "./upstream.ts";

const WEIR = join(repositoryRoot, "bin/weir.mjs");

const configuration = (upstream: string, more = ""): string => `
endpoints:
  - {name: server, addresses: [127.0.6.1], labels: ["app=server"]}
  - {name: friend, addresses: [127.0.6.2], labels: ["app=friend"]}
  - {name: other, addresses: [127.0.6.3], labels: ["app=other"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: server}
policies: [./policies/*.yaml]
${more}`;

const policy = (peer: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: server}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress: [{fromEndpoints: [{matchLabels: {app: ${peer}}}]}]
`;

/** Starts an agent that is not expected to become ready. */
async function start(t: TestContext, text: string, files: Record<string, string>) {
  const folder = await writeConfiguration({ configuration: text, files });
  const config = join(folder, "weir.yaml");
  const agent = await startProcess(process.execPath, [WEIR, "agent", "--config", config]);
  t.after(async () => {
    await agent.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const run = (...parameters: string[]) => weir(...parameters, "--config", config);
  const status = async (...parameters: string[]): Promise<StatusReport & { code: number | null }> => {
    const finished = await run("status", "-o", "json", ...parameters);
    return { ...(JSON.parse(finished.stdout) as StatusReport), code: finished.code };
  };
  return { folder, agent, run, status };
}

test("with a broken policy file at the start no listener opens, until it is mended", async (t) => {
  const upstream = await startEcho(t);
  const { folder, agent, run, status } = await start(t, configuration(upstream), {
    "policies/good.yaml": policy("friend").replace("name: server", "name: good"),
    "policies/broken.yaml": policy("friend").replace("fromEndpoints", "fromEndpoint"),
  });
  await agent.outputMatches(/no listener opens until the policy is mended/);
  const blocked = await status();
  assert.equal(blocked.code, 1);
  assert.equal(blocked.agent.state, "blocked");
  assert.deepEqual(blocked.dataPlanes[0]!.listeners, []);
  assert.match(
    blocked.problems.join("\n"),
    /policies\/broken\.yaml:7:\d+: .*fromEndpoint.*did you mean `fromEndpoints`/,
  );
  const waited = await run("status", "--wait", "--timeout-ms", "1");
  assert.equal(waited.code, 1);
  assert.match(waited.stderr, /^error: WEIR_TIMEOUT: the agent is blocked, not ready.*\n.*broken\.yaml/);

  await writeFile(join(folder, "policies/broken.yaml"), policy("friend"));
  const ready = await status("--wait");
  assert.equal(ready.code, 0);
  const { listen } = ready.dataPlanes[0]!.listeners[0]!;
  assert.equal(await askOnce(t, listen, "127.0.6.2", "hi\r\n"), "hi\r\n");
  assert.equal(await askOnce(t, listen, "127.0.6.3", "hi\r\n"), "closed");
});

test("a file that breaks later leaves its last good policy in force, and the status says so", async (t) => {
  const upstream = await startEcho(t);
  const { folder, agent, status } = await start(t, configuration(upstream), { "policies/p.yaml": policy("friend") });
  const file = join(folder, "policies/p.yaml");
  const { listen } = (await status("--wait")).dataPlanes[0]!.listeners[0]!;

  await writeFile(file, policy("other").replace("ingress", "ingres"));
  await agent.outputMatches(/policy file is broken/);
  const degraded = await status();
  assert.equal(degraded.agent.state, "degraded");
  assert.match(degraded.problems.join("\n"), /p\.yaml.*ingres/);
  assert.deepEqual(degraded.policy.files[0]!.documents, ["server"]);
  assert.equal(await askOnce(t, listen, "127.0.6.2", "hi\r\n"), "hi\r\n");
  assert.equal(await askOnce(t, listen, "127.0.6.3", "hi\r\n"), "closed");

  const live = new Client(t, listen, "127.0.6.2");
  await live.ask("hi\r\n");
  await writeFile(file, policy("other"));
  await agent.outputMatches(/policy file is mended/);
  assert.equal((await status("--wait")).code, 0);
  await live.closed;
  assert.equal(await askOnce(t, listen, "127.0.6.2", "hi\r\n"), "closed");
  assert.equal(await askOnce(t, listen, "127.0.6.3", "hi\r\n"), "hi\r\n");
});

test("rules that were read before others with which they quarrel are not in force when the listeners open", async (t) => {
  const upstream = await startEcho(t);
  const port = upstream.split(":")[1];
  const reading = (protocol: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${protocol}}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: other}}]
    toPorts: [{ports: [{port: "${port}", protocol: TCP}], rules: {l7proto: ${protocol}, l7: [{}]}}]
`;
  const first = await start(t, configuration(upstream), {
    "imported.yaml": policy("friend"),
    "policies/none": "",
  });
  const { folder, run, status } = first;
  assert.equal((await status("--wait")).code, 0);
  assert.equal((await run("policy", "import", join(folder, "imported.yaml"))).code, 0);
  await first.agent.stop();
  await writeFile(join(folder, "policies/2.yaml"), `${reading("memcache")}---${reading("r2d2")}`);
  // Imports are restored before files are read.
  const agent = await startProcess(process.execPath, [WEIR, "agent", "--config", join(folder, "weir.yaml")]);
  t.after(() => agent.stop());
  await agent.outputMatches(/listening, without the newest policy of 1 of the endpoints/);
  assert.match(agent.output(), /"endpoint".*the newest policy is not in force, everything is denied: .*two extensions/);
  const degraded = await status();
  assert.equal(degraded.agent.state, "degraded");
  assert.match(degraded.problems.join("\n"), /^endpoint server: .*two extensions/);
  const { listen } = degraded.dataPlanes[0]!.listeners[0]!;
  assert.equal(await askOnce(t, listen, "127.0.6.2", "hi\r\n"), "closed");

  await writeFile(join(folder, "policies/2.yaml"), policy("other").replace("name: server", "name: second"));
  await agent.outputMatches(/the newest policy is in force again/);
  assert.equal((await status("--wait")).code, 0);
  assert.equal(await askOnce(t, listen, "127.0.6.2", "hi\r\n"), "hi\r\n");
  assert.equal(await askOnce(t, listen, "127.0.6.3", "hi\r\n"), "hi\r\n");
});

test("a policy file that goes is told with its policies, and so is what that opens", async (t) => {
  const upstream = await startEcho(t);
  const { folder, agent, status } = await start(t, configuration(upstream), {
    "policies/p.yaml": policy("friend"),
    "policies/broken-later.yaml": policy("friend").replaceAll("server", "other"),
  });
  const before = await status("--wait");
  assert.doesNotMatch(before.warnings.join("\n"), /open:/);
  await writeFile(join(folder, "policies/broken-later.yaml"), "kind: [");
  await agent.outputMatches(/policy file is broken/);
  await rm(join(folder, "policies/broken-later.yaml"));
  await agent.outputMatches(/broken-later\.yaml.*policy file is gone, and with it: other/);
  assert.doesNotMatch(agent.output(), /mended/);
  await rm(join(folder, "policies/p.yaml"));
  await agent.outputMatches(/p\.yaml.*policy file is gone, and with it: server/);
  const after = await status();
  assert.deepEqual(
    after.policy.files.map(({ warnings }) => warnings[0]?.message),
    ["no file matches"],
  );
  assert.match(after.warnings.join("\n"), /^open: no policy is enforced on the ingress of server/m);
  assert.equal(await askOnce(t, after.dataPlanes[0]!.listeners[0]!.listen, "127.0.6.3", "hi\r\n"), "hi\r\n");
});

test("an extension that cannot be loaded ends the start, and says which and why", async (t) => {
  const upstream = await startEcho(t);
  const { agent, folder } = await start(t, configuration(upstream, "extensions: [./good.mjs, ./bad.mjs, ./none.mjs]"), {
    "good.mjs": `import { defineExtension } from "weir/proxylib";
      export default defineExtension({ name: "good", version: "1.0.0", fields: {}, create: () => undefined });`,
    "bad.mjs": 'throw new Error("no such luck");',
  });
  assert.equal((await agent.ended).code, 1);
  assert.match(
    agent.output(),
    /^error: WEIR_EXTENSION_INVALID: extension \.\/bad\.mjs: no such luck \(.*bad\.mjs:\d+:\d+\)\nextension \.\/none\.mjs: /,
  );
  // Nothing that could be taken for a running agent; a folder of hosts holds what only the next ones look at.
  assert.deepEqual(
    (await readdir(join(folder, "run"))).filter((name) => name !== "hosts"),
    [],
  );
});

test("an agent that meets a bug ends: what is in an unknown state decides nothing", async (t) => {
  const upstream = await startEcho(t);
  const { agent } = await start(t, configuration(upstream, "extensions: [./late.mjs]\nhosts: 0"), {
    "late.mjs": `import { defineExtension } from "weir/proxylib";
      setTimeout(() => { throw new Error("too late"); }, 1);
      export default defineExtension({ name: "late", version: "1.0.0", fields: {}, create: () => undefined });`,
  });
  assert.equal((await agent.ended).code, 1);
  assert.match(agent.output(), /the agent ends: nobody caught an error .*: too late/);
});

test("a wrong configuration ends the start with all its problems", async (t) => {
  const { agent, folder } = await start(t, "endpoint: []\nhosts: -1\nredirects: [{listen: x}]\n", {});
  assert.equal((await agent.ended).code, 1);
  const output = agent.output();
  for (const expected of [
    /:1:1: unknown key `endpoint`/,
    /:2:8: `hosts`/,
    /:3:22: `listen`/,
    /:3:\d+: `upstream` is missing/,
  ]) {
    assert.match(output, expected);
  }
  await assert.rejects(access(join(folder, "run")));
});

test("a listener that cannot be opened ends the agent", async (t) => {
  const upstream = await startEcho(t);
  const taken = configuration(upstream)
    .replace("127.0.0.1:0", upstream)
    .replace(`upstream: "${upstream}"`, 'upstream: "127.0.0.1:1"');
  const { agent, folder } = await start(t, taken, { "policies/p.yaml": policy("friend") });
  assert.equal((await agent.ended).code, 1);
  assert.match(agent.output(), /cannot listen:.*in use/s);
  // Nothing that could be taken for a running agent; a folder of hosts holds what only the next ones look at.
  assert.deepEqual(
    (await readdir(join(folder, "run"))).filter((name) => name !== "hosts"),
    [],
  );
});
