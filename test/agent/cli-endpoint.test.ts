// The commands that change a running agent, against a real one.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { EndpointDetails, IdentitySummary } from "../../src/api/rest.ts";
import { startAgent } from "../support/agent.ts";

const CONFIGURATION = `
endpoints:
  - {name: memcached, addresses: [127.0.9.1], labels: ["app=memcached"]}
policies: [./policies/*.yaml]
`;
const POLICY = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web}
spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}
`;

test("endpoints come, change and go by commands, and their log tells of it", async () => {
  await using agent = await startAgent({ configuration: CONFIGURATION, files: { "policies/web.yaml": POLICY } });
  const weir = async (...parameters: string[]): Promise<string> => {
    const { code, stdout, stderr } = await agent.weir(...parameters);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const added = await weir("endpoint", "add", "web", "--address", "127.0.9.2", "--label", "stage=test", "-o", "json");
  const { identity } = JSON.parse(added) as EndpointDetails;
  const relabelled = await weir("endpoint", "labels", "web", "-a", "app=web", "-d", "stage", "-o", "json");
  const after = JSON.parse(relabelled) as EndpointDetails;
  assert.notEqual(after.identity, identity);
  assert.deepEqual(after.labels, ["unspec:app=web"]);
  assert.match(await weir("endpoint", "get", "web"), /^Enforcement: +ingress Enabled, egress Disabled$/m);
  assert.match(await weir("endpoint", "config", "web", "audit=enable", "observe=80=memcache"), /^audit +enable$/m);
  assert.match(await weir("endpoint", "config", "web"), /^observe +80=memcache$/m);
  const byLabel = await weir("identity", "get", "--label", "app=web", "-o", "json");
  assert.deepEqual(
    (JSON.parse(byLabel) as IdentitySummary[]).map(({ id }) => id),
    [after.identity],
  );
  assert.match(await weir("identity", "get", String(after.identity), "--no-headers"), /^\d+ +unspec:app=web\n$/);
  const verbose = await weir("status", "--verbose");
  // In audit mode nothing is enforced.
  assert.match(
    verbose,
    new RegExp(`^web +${after.identity} +Disabled \\(Audit\\)/Disabled +on +80=memcache +embedded: \\d+ +ready`, "m"),
  );
  assert.equal(await weir("status", "--brief"), "OK\n");
  assert.match(await weir("endpoint", "log", "web"), /^TIME +STATE +MESSAGE\n(.+\n){3,}$/);
  assert.equal(await weir("endpoint", "delete", "web"), "deleted web\n");
  const gone = await agent.weir("endpoint", "get", "web");
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /^error: WEIR_ENDPOINT_NOT_FOUND: /);
  const wrong = await agent.weir("endpoint", "add", "bad", "--address", "nowhere", "--label", "a b");
  assert.match(wrong.stderr, /^error: WEIR_REQUEST_INVALID: .*\n +body addresses\[0\]: .*\n +body labels\[0\]: .*\n$/);
});

test("waiting for a revision ends when it is in force, or with the reason", async () => {
  await using agent = await startAgent({ configuration: CONFIGURATION, files: { "policies/web.yaml": POLICY } });
  const { revision } = agent.status.policy;
  const now = await agent.weir("policy", "wait", String(revision));
  assert.equal(now.stdout, `revision ${revision} is in force\n`, now.stderr);
  const waiting = agent.weir("policy", "wait", String(revision + 1), "--timeout", "60");
  // The wait may begin before or after the change: both must end it.
  await writeFile(join(agent.folder, "policies/more.yaml"), POLICY.replace("name: web", "name: more"));
  assert.equal((await waiting).code, 0);
  const never = await agent.weir("policy", "wait", "1000000", "--timeout", "0");
  assert.equal(never.code, 1);
  assert.match(never.stderr, /^error: WEIR_TIMEOUT: revision 1000000 did not come into force: the policy has revision/);
});
