// Endpoints and networks that come, change and go under a running agent, seen from connections that are open.
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusReport } from "../../src/api/rest.ts";
import { startAgent, weir, writeConfiguration } from "../support/agent.ts";
import { startProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce, Client, startEcho } from "./upstream.ts";

const WEIR = join(repositoryRoot, "bin/weir.mjs");
const WEB = "127.0.11.2";
const FRIEND = "127.0.11.3";
const LATER = "127.0.11.4";
const NETWORK = "127.0.12.0/24";
const IN_NETWORK = "127.0.12.7";

const policy = (name: string, peers: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{${peers}}]
`;

const configuration = (upstream: string): string => `
endpoints:
  - {name: db, addresses: [127.0.11.1], labels: ["app=db"]}
  - {name: web, addresses: [${WEB}], labels: ["app=web", "tier=front"]}
  - {name: friend, addresses: [${FRIEND}], labels: ["app=web"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: db}
policies: [./policies/*.yaml]
accessLog: ./run/access.log
drainMs: 0
`;

test("a change of an endpoint's labels changes what its open connections may do, and no other's", async (t) => {
  const webOnly = policy("web-only", "fromEndpoints: [{matchLabels: {app: web}}]");
  await using agent = await startAgent({
    configuration: configuration(await startEcho(t)),
    files: { "policies/db.yaml": webOnly },
  });
  const target = agent.listenerOf("db");
  const run = async (...parameters: string[]): Promise<string> => {
    const { code, stdout, stderr } = await agent.weir(...parameters);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const [web, friend] = [new Client(t, target, WEB), new Client(t, target, FRIEND)];
  for (const client of [web, friend]) assert.equal(await client.ask("hello\r\n"), "hello\r\n");

  await run("endpoint", "labels", "web", "-d", "tier");
  assert.equal(await web.ask("still\r\n"), "still\r\n", "the policy allows the new labels, too");
  await run("endpoint", "labels", "web", "-d", "app", "-a", "app=other");
  await web.closed;
  assert.equal(await askOnce(t, target, WEB, "again\r\n"), "closed");
  await run("endpoint", "labels", "web", "-a", "app=web");
  assert.equal(await askOnce(t, target, WEB, "again\r\n"), "again\r\n");

  assert.equal(await askOnce(t, target, LATER, "early\r\n"), "closed");
  await run("endpoint", "add", "later", "--address", LATER, "--label", "app=web");
  const later = new Client(t, target, LATER);
  assert.equal(await later.ask("now\r\n"), "now\r\n");
  await run("endpoint", "delete", "later");
  await later.closed;

  const file = join(agent.folder, "network.yaml");
  await writeFile(file, policy("network", `fromCIDR: ["${NETWORK}"]`));
  assert.equal(await askOnce(t, target, IN_NETWORK, "early\r\n"), "closed");
  await run("policy", "import", file);
  assert.match(await run("identity", "list"), /\n16777216 [\s\S]*cidr:127\.0\.12\.0\/24\n/);
  const stranger = new Client(t, target, IN_NETWORK);
  assert.equal(await stranger.ask("now\r\n"), "now\r\n");
  await run("policy", "delete", "network");
  await stranger.closed;
  assert.doesNotMatch(await run("identity", "list"), /16777216/);

  assert.equal(await friend.ask("all the time\r\n"), "all the time\r\n");
  assert.match(await run("endpoint", "log", "web"), /other labels[\s\S]*in force/);
  await agent.process.stop();
  const sources = (await agent.accessLog()).map(({ verdict, source }) => [verdict, source.endpoint, source.labels[0]]);
  assert.ok(
    sources.some((one) => one.join() === "Denied,web,unspec:app=other"),
    JSON.stringify(sources),
  );
});

test("a saved endpoint whose address the configuration has given away keeps the listeners shut until it is deleted", async (t) => {
  const text = configuration(await startEcho(t)).replace(/^policies:.*$/m, "");
  const folder = await writeConfiguration({ configuration: text });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "weir.yaml");
  const run = (...parameters: string[]) => weir(...parameters, "--config", config);
  const start = async () => {
    const agent = await startProcess(process.execPath, [WEIR, "agent", "--config", config]);
    t.after(() => agent.stop());
    return agent;
  };
  const first = await start();
  assert.equal((await run("status", "--wait")).code, 0);
  assert.equal((await run("endpoint", "add", "later", "--address", LATER, "--label", "app=web")).code, 0);
  await first.stop();

  await writeFile(config, (await readFile(config, "utf8")).replace("127.0.11.1", LATER));
  const second = await start();
  await second.outputMatches(/no listener opens until the saved endpoints are mended/);
  const blocked = JSON.parse((await run("status", "-o", "json")).stdout) as StatusReport;
  assert.equal(blocked.agent.state, "blocked");
  assert.match(
    blocked.problems.join(),
    /endpoints\.json.*endpoint later: .*127\.0\.11\.4 is an address of endpoint "db"/,
  );
  assert.equal((await run("endpoint", "delete", "later")).code, 0);
  assert.equal((await run("status", "--wait")).code, 0);
});
