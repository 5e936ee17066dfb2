// Watch, suggest, import: the same traffic passes a real agent in front of a real memcached, and other traffic does not.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type RunningAgent, startAgent, weir } from "../support/agent.ts";
import { runProcess } from "../support/child-process.ts";
import { connectFrom } from "../support/connect-from.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce } from "./upstream.ts";

const require = createRequire(import.meta.url);
const FLEET = "127.0.9.1";
const JEDI = "127.0.9.2";
const STRANGER = "127.0.9.3";
const DENIED = "CLIENT_ERROR access denied\r\n";

const configuration = (port: number, observe: string): string => `
endpoints:
  - {name: memcached, addresses: [127.0.9.9], labels: ["app=memcached"]${observe}}
  - {name: fleet, addresses: [${FLEET}], labels: ["function=fleet"]}
  - {name: jedi, addresses: [${JEDI}], labels: ["role=jedi"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "127.0.0.1:${port}", endpoint: memcached}
accessLog: ./run/access.log
`;

const allowAll = (port: number): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: watch}
spec:
  endpointSelector: {matchLabels: {app: memcached}}
  ingress:
    - toPorts: [{ports: [{port: "${port}", protocol: TCP}], rules: {l7proto: memcache, l7: [{}]}}]
`;

/** A real client, from one address; its calls give the result or the error. */
async function withClient(target: string, from: string, use: (call: Call) => Promise<void>): Promise<void> {
  const Memcached = require("memcached");
  const restore = connectFrom(() => from);
  const client = new Memcached(target, { poolSize: 1, retries: 0 });
  try {
    await use(
      (method, ...parameters) =>
        new Promise((resolve) => {
          client[method](...parameters, (error: Error | undefined, result: unknown) => resolve(error ?? result));
        }),
    );
  } finally {
    client.end();
    restore();
  }
}
type Call = (method: string, ...parameters: unknown[]) => Promise<unknown>;

const SHIPS = ["red-five", "gold-two", "blue-one", "green-four", "x-wing"];

/** What the two do; the same before and after. Returns how many records it makes. */
async function drive(t: TestContext, target: string): Promise<number> {
  await withClient(target, FLEET, async (call) => {
    for (const ship of SHIPS) {
      assert.equal(await call("set", `alliance/fleet/${ship}`, ship, 60), true);
      assert.equal(await call("get", `alliance/fleet/${ship}`), ship);
    }
    assert.equal(await call("set", "alliance/crew", "Luke", 60), true);
  });
  assert.equal(await askOnce(t, target, JEDI, "get alliance/crew\r\n"), "VALUE alliance/crew 0 4\r\n");
  // In base64: a key that the text protocol cannot say.
  assert.equal(await askOnce(t, target, JEDI, "mg bWF5IHRoZSwgZm9yY2U= b v\r\n"), "EN\r\n");
  return 2 * SHIPS.length + 3;
}

/** What nobody did before. Returns how many records it makes. */
async function checkOthers(t: TestContext, target: string): Promise<number> {
  await withClient(target, FLEET, async (call) => {
    assert.equal(await call("get", "alliance/fleet/a-new-one"), undefined);
    assert.match(String(await call("get", "alliance/crew")), /access denied/);
    assert.match(String(await call("set", "empire/x", "x", 60)), /access denied/);
    assert.match(String(await call("del", "alliance/fleet/red-five")), /access denied/);
  });
  for (const request of [
    "get alliance/fleet/red-five\r\n",
    "get may the\r\n",
    "set alliance/crew 0 0 1\r\nx\r\n",
    "flush_all\r\n",
  ]) {
    assert.equal(await askOnce(t, target, JEDI, request), DENIED, request);
  }
  assert.equal(await askOnce(t, target, STRANGER, "get alliance/crew\r\n"), "closed");
  return 9;
}

async function recorded(agent: RunningAgent, count: number): Promise<void> {
  while ((await agent.accessLog()).length < count) await new Promise((resolve) => setImmediate(resolve));
}

test("what was observed without any policy is suggested, imported and enforced", async (t) => {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  const { port } = memcached;
  await using agent = await startAgent({
    configuration: configuration(port, `, observe: [{port: ${port}, l7proto: memcache}]`),
  });
  const target = agent.listenerOf("memcached");
  await recorded(agent, await drive(t, target));

  const suggested = await agent.weir("policy", "suggest");
  assert.equal(suggested.code, 0, suggested.stderr);
  assert.equal(suggested.stderr, "");
  const file = join(agent.folder, "suggested.yaml");
  await writeFile(file, suggested.stdout);
  assert.equal((await agent.weir("policy", "import", file)).code, 0, suggested.stdout);
  await drive(t, target);
  await checkOthers(t, target);
});

test("an imported policy that allows everything gives the same suggestion, through the agent and through the monitor's lines", async (t) => {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  await using agent = await startAgent({ configuration: configuration(memcached.port, "") });
  const target = agent.listenerOf("memcached");
  const file = join(agent.folder, "policy.yaml");
  await writeFile(file, allowAll(memcached.port));
  assert.equal((await agent.weir("policy", "import", file)).code, 0);
  await recorded(agent, await drive(t, target));
  assert.equal(await askOnce(t, target, STRANGER, "get nothing\r\n"), "END\r\n");
  await recorded(agent, 2 * SHIPS.length + 4);

  const socket = join(agent.folder, "run/weir.sock");
  const asked = await weir(
    "policy",
    "suggest",
    "--socket",
    socket,
    "--endpoint",
    "memcached",
    "--since",
    "1h",
    "--name",
    "watch",
  );
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(asked.stdout, new RegExp(`fromCIDR:\\n +- "${STRANGER}/32"`));
  const log = join(agent.folder, "run/access.log");
  const piped = await runProcess("bash", [
    "-c",
    `(grep -v nothing "$1"; echo '{"lost": 3}'; echo no record) | "$2" "$3" policy suggest --access-log - --name watch`,
    ...["bash", log, process.execPath, join(repositoryRoot, "bin/weir.mjs")],
  ]);
  assert.equal(piped.code, 0, piped.stderr);
  assert.match(
    piped.stderr,
    /^warning: 1 lines of standard input are no records of weir.*\nwarning: 3 records were lost/,
  );
  assert.doesNotMatch(piped.stdout, /CIDR/);
  // It replaces the document that allowed everything, of the same name.
  await writeFile(file, piped.stdout);
  assert.equal((await agent.weir("policy", "import", file)).code, 0, piped.stdout);
  const records = (await agent.accessLog()).length;
  await recorded(agent, records + (await drive(t, target)) + (await checkOthers(t, target)));
  const again = await agent.weir(
    "policy",
    "suggest",
    "--access-log",
    log,
    "--include-denied",
    "--max-keys",
    "99",
    "--audit",
  );
  assert.match(again.stdout, /command: flush_all\n/);
  assert.match(again.stdout, /keyExact: alliance\/fleet\/red-five\n/);
  assert.match(again.stdout, /weir.dev\/mode: audit\n/);
});

test("what cannot be read, or says nothing, is an error that helps", async () => {
  await using agent = await startAgent({ configuration: `${configuration(11_211, "")}`.replace(/accessLog.*/, "") });
  const empty = join(agent.folder, "empty.log");
  await writeFile(empty, "hello\n\n");
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ["--access-log", empty],
      1,
      /^error: WEIR_NOTHING_OBSERVED: nothing in .*empty\.log can become policy\. 1 lines are no records of weir\.\n$/,
    ],
    [
      ["--access-log", join(agent.folder, "none.log")],
      1,
      /^error: WEIR_FILE_UNREADABLE: cannot read .*none\.log: ENOENT/,
    ],
    [["--access-log", agent.folder], 1, /^error: WEIR_FILE_UNREADABLE: .*EISDIR/],
    [
      ["--config", agent.configFile],
      1,
      /^error: WEIR_CONFIG_INVALID: .*weir\.yaml has no `accessLog`: say with --access-log/,
    ],
    [["--socket", join(agent.folder, "no.sock")], 1, /^error: WEIR_AGENT_UNREACHABLE/],
    [["--since", "soon"], 2, /Write how long ago/],
    [["--max-keys", "101"], 2, /from 0 to 100/],
    [["--name", "A_b"], 2, /lower-case letters/],
    [["--access-log", ""], 2, /is empty/],
  ];
  for (const [options, code, expected] of cases) {
    const ended = await weir("policy", "suggest", ...options);
    assert.equal(ended.code, code, options.join(" "));
    assert.match(ended.stderr, expected);
    assert.equal(ended.stdout, "");
  }
});
