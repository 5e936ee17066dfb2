import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startAgent, weir } from "../support/agent.ts";
import { startProcess } from "../support/child-process.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { repositoryRoot } from "../support/repository.ts";
import { askOnce, Client } from "./upstream.ts";

const REBELS = join(repositoryRoot, "examples/policies/memcached-rebels.yaml");
const AS_POSTED = join(repositoryRoot, "test/policies/cassandra-empire-as-posted.yaml");

const maintenance = "127.0.7.1";
const monitoring = "127.0.7.2";
const jedi = "127.0.7.3";
const stranger = "127.0.7.4";

const configuration = (upstream: string): string => `
endpoints:
  - {name: memcached, addresses: [127.0.7.9], labels: ["app=memcached"]}
  - {name: maintenance, addresses: [${maintenance}], labels: ["function=fleet-maintanence"]}
  - {name: monitoring, addresses: [${monitoring}], labels: ["function=fleet-monitoring"]}
  - {name: jedi, addresses: [${jedi}], labels: ["role=jedi"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: memcached}
accessLog: ./run/access.log
`;

test("the Rebels' policy, imported into a running agent, is enforced on a real memcached", async (t) => {
  // The policy speaks of port 11211; the kernel chooses the real one.
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  await using agent = await startAgent({ configuration: configuration(`127.0.0.1:${memcached.port}`) });
  const target = agent.listenerOf("memcached");
  const file = join(agent.folder, "rebels.yaml");
  await writeFile(file, (await readFile(REBELS, "utf8")).replaceAll('"11211"', `"${memcached.port}"`));

  const open = new Client(t, target, stranger);
  assert.equal(await open.ask("set secret 0 0 2\r\nhi\r\n"), "STORED\r\n");

  const monitor = await startProcess(process.execPath, [
    ...[join(repositoryRoot, "bin/weir.mjs"), "monitor", "--json", "--socket", join(agent.folder, "run/weir.sock")],
  ]);
  t.after(() => monitor.stop());
  await monitor.outputMatches(/listening for events/);

  const imported = await agent.weir("policy", "import", file);
  assert.equal(imported.code, 0, imported.stderr);
  assert.equal(imported.stdout, "revision 2: secure-rebel-alliance-memcache\n");
  await open.closed;

  const denied = "CLIENT_ERROR access denied\r\n";
  const set = "set alliance/fleet/x 0 0 2\r\nhi\r\n";
  assert.equal(await askOnce(t, target, maintenance, set), "STORED\r\n");
  assert.equal(await askOnce(t, target, monitoring, set), denied);
  assert.equal(await askOnce(t, target, monitoring, "get alliance/fleet/x\r\n"), "VALUE alliance/fleet/x 0 2\r\n");
  assert.equal(await askOnce(t, target, maintenance, "get secret\r\n"), denied);
  assert.equal(await askOnce(t, target, jedi, "get secret\r\n"), "VALUE secret 0 2\r\n");
  assert.equal(await askOnce(t, target, stranger, "get secret\r\n"), "closed");

  await monitor.outputMatches(/"address":"127\.0\.7\.4:\d+"[^\n]*\n$/);
  monitor.kill("SIGINT");
  assert.deepEqual(await monitor.ended, { code: 0, signal: null });
  const metrics = await agent.weir("metrics", "list", "requests_total", "-o", "json");
  assert.match(metrics.stdout, /"verdict": "denied"/);

  agent.process.kill("SIGTERM");
  await agent.process.ended;
  const records = await agent.accessLog();
  const told = records.map(({ type, source, fields, rule }) => [type, source.endpoint, fields["command"], rule]);
  const at = (peer: number, rule: number) => `specs[0].ingress[${peer}].toPorts[0].rules.l7[${rule}]`;
  assert.deepEqual(
    told.filter(([type]) => type === "Request" || type === "Denied"),
    [
      ["Request", "maintenance", "set", at(0, 0)],
      ["Denied", "monitoring", "set", undefined],
      ["Request", "monitoring", "get", at(1, 0)],
      ["Denied", "maintenance", "get", undefined],
      ["Request", "jedi", "get", at(2, 0)],
    ],
  );
});

test("policy get, delete and validate; what is imported survives a restart, files are left alone", async () => {
  const rebels = await readFile(REBELS, "utf8");
  await using agent = await startAgent({
    configuration: `${configuration("127.0.0.1:11211")}policies: [./policies/*.yaml]\n`,
    files: { "policies/file.yaml": rebels.replace("secure-rebel-alliance-memcache", "from-file") },
  });
  assert.equal((await agent.weir("policy", "import", REBELS)).code, 0);
  const listing = await agent.weir("policy", "get");
  assert.match(
    listing.stdout,
    /^NAME +MODE +RULES +SOURCE +FILE\nfrom-file +enforce +1 +file +.*file\.yaml\nsecure-\S+ +enforce +1 +api\n$/,
  );

  // What is shown can be imported again and means the same: nothing changes, not even the revision.
  const shown = await agent.weir("policy", "get", "secure-rebel-alliance-memcache");
  const copy = join(agent.folder, "copy.yaml");
  await writeFile(copy, shown.stdout);
  assert.match((await agent.weir("policy", "import", copy)).stdout, /^revision 3: /);

  const refused = await agent.weir("policy", "import", REBELS, AS_POSTED);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^error: WEIR_POLICY_INVALID: the policy is refused, \d+ problems:\n(.*as-posted\.yaml:\d+:\d+: .*\n)+/,
  );
  // The first file alone would be fine, and is not in force either.
  const other = join(agent.folder, "other.yaml");
  await writeFile(other, shown.stdout.replace("secure-rebel-alliance-memcache", "other"));
  const conflict = await agent.weir("policy", "import", other, join(agent.folder, "policies/file.yaml"));
  assert.doesNotMatch((await agent.weir("policy", "get")).stdout, /^other/m);
  assert.match(conflict.stderr, /^error: WEIR_POLICY_CONFLICT: .*policies\/file\.yaml/);
  const fromFile = await agent.weir("policy", "delete", "from-file");
  assert.equal(fromFile.code, 1);
  assert.match(fromFile.stderr, /^error: WEIR_POLICY_CONFLICT: .*policies\/file\.yaml/);

  const config = ["--config", agent.configFile];
  await agent.process.stop();
  const again = await startProcess(process.execPath, [join(repositoryRoot, "bin/weir.mjs"), "agent", ...config]);
  try {
    assert.equal((await weir("status", "--wait", ...config)).code, 0);
    assert.match((await weir("policy", "get", ...config)).stdout, /secure-rebel-alliance-memcache +enforce +1 +api/);
    const deleted = await weir("policy", "delete", "nobody", "secure-rebel-alliance-memcache", ...config);
    assert.match(deleted.stdout, /^revision \d+: deleted secure-rebel-alliance-memcache\n$/);
    assert.match(deleted.stderr, /^error: WEIR_POLICY_NOT_FOUND: [^\n]*"nobody"[^\n]*\n$/);
    assert.equal(deleted.code, 1);
    const missing = await weir("policy", "get", "secure-rebel-alliance-memcache", ...config);
    assert.match(missing.stderr, /^error: WEIR_POLICY_NOT_FOUND/);
  } finally {
    await again.stop();
  }
});

test("validate needs no agent, and tells everything that is wrong with the release post's policy", async () => {
  const good = await weir("policy", "validate", REBELS);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /memcached-rebels\.yaml +valid +secure-rebel-alliance-memcache/);
  const bad = await weir("policy", "validate", REBELS, AS_POSTED);
  assert.equal(bad.code, 1);
  assert.equal(bad.stdout, "");
  for (const key of ["name", "matchLabels", "ingress"])
    assert.match(bad.stderr, new RegExp(`as-posted\\.yaml:\\d+:\\d+: .*${key}`));
  const json = await weir("policy", "validate", "-o", "json", AS_POSTED);
  assert.equal(json.code, 1);
  const [result] = JSON.parse(json.stdout) as { problems: { line: number }[] }[];
  assert.ok(result!.problems.length >= 3 && result!.problems.every(({ line }) => line > 0));
});
