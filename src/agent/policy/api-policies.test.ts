import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ProblemsError } from "../../api/problems-error.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import { CidrIdentities } from "../../ipcache/cidr-identities.ts";
import { IpCache } from "../../ipcache/ipcache.ts";
import { r2d2 } from "../../parsers/r2d2/parser.ts";
import { PolicyImporter } from "../../policy/importer.ts";
import { PolicyRepository } from "../../policy/repository.ts";
import type { PolicyDocument } from "../../policy/rule.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import { ExtensionRegistry } from "../../proxylib/registry.ts";
import { ApiPolicies } from "./api-policies.ts";
import { policyStore } from "./policy-store.ts";

const policy = (name: string, app = "a", l7proto = "r2d2") => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: ${app}}}
  ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {l7proto: ${l7proto}, l7: [{cmd: READ}]}}]}]
`;

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "weir-api-policies-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** One life of an agent, as far as policy goes. */
async function life(directory: string, withR2d2 = true, fixedIdentities: ReadonlySet<string> = new Set()) {
  const identities = new LocalIdentityAllocator();
  const repository = new PolicyRepository(new SelectorCache(identities));
  const networks = new CidrIdentities(identities, new IpCache());
  const importer = new PolicyImporter(repository, { regenerate: async () => {} }, networks);
  const registry = new ExtensionRegistry();
  if (withR2d2) registry.add(r2d2);
  const store = policyStore(join(directory, "policies.json"));
  const policies = new ApiPolicies({
    policyProblems: () => new Map(),
    importer,
    repository,
    registry,
    store,
    fixedIdentities,
  });
  await policies.restore();
  const names = () => policies.list().policies.map((one) => one.name);
  return { repository, importer, policies, names };
}

test("what was imported is in force again after a restart, and what was deleted is not", async (t) => {
  const directory = await folder(t);
  const first = await life(directory);
  const change = await first.policies.put([{ text: `${policy("one")}---${policy("two")}`, source: "both.yaml" }]);
  assert.deepEqual(change.policies, ["one", "two"]);
  assert.equal(change.revision, first.repository.revision);
  await first.policies.put([{ text: policy("three"), source: "three.yaml" }]);
  await first.policies.put([{ text: policy("two", "other"), source: "two.yaml" }]);
  await first.policies.delete("one");
  assert.equal((await stat(join(directory, "policies.json"))).mode & 0o777, 0o600);

  const second = await life(directory);
  assert.deepEqual(second.names(), ["three", "two"]);
  assert.deepEqual(second.policies.problems, []);
  const two = second.policies.list().policies.find((one) => one.name === "two")!;
  assert.match(JSON.stringify(two.document), /"app":"other"/);
  await second.policies.delete("two");
  await second.policies.delete("three");
  assert.deepEqual((await life(directory)).names(), []);
  assert.doesNotMatch(await readFile(join(directory, "policies.json"), "utf8"), /CiliumNetworkPolicy/);
});

test("a text with problems changes nothing, in force or saved, and is counted", async (t) => {
  const directory = await folder(t);
  const { policies, names } = await life(directory);
  await policies.put([{ text: policy("good"), source: "good.yaml" }]);
  const before = await readFile(join(directory, "policies.json"), "utf8");
  await assert.rejects(
    policies.put([{ text: `${policy("new")}---${policy("bad").replace("READ", "REDA")}`, source: "bad.yaml" }]),
    (error) => {
      assert.ok(error instanceof ProblemsError);
      assert.equal(error.code, "WEIR_POLICY_INVALID");
      assert.match(error.problems[0]!.message + error.problems[0]!.hint, /REDA.*READ/);
      return true;
    },
  );
  assert.throws(() => policies.validate(policy("x").replace("spec:", "spce:"), "x"), ProblemsError);
  assert.deepEqual(names(), ["good"]);
  assert.equal(await readFile(join(directory, "policies.json"), "utf8"), before);
  assert.deepEqual(await readdir(directory), ["policies.json"]);
  assert.equal(policies.errorCount, 1);
});

test("a document of a file is neither replaced nor deleted through the API", async (t) => {
  const directory = await folder(t);
  const { policies, importer, names } = await life(directory);
  const source = { kind: "file", name: "/etc/p.yaml" } as const;
  const document: PolicyDocument = { key: "mine", source, mode: "enforce", rules: [] };
  await importer.replace([{ source, documents: [document] }]);
  await assert.rejects(policies.delete("mine"), { code: "WEIR_POLICY_CONFLICT", message: /\/etc\/p\.yaml/ });
  await assert.rejects(policies.put([{ text: policy("mine"), source: "api.yaml" }]), { code: "WEIR_POLICY_CONFLICT" });
  await assert.rejects(policies.delete("nobody"), { code: "WEIR_POLICY_NOT_FOUND" });
  assert.deepEqual(names(), ["mine"]);
  assert.deepEqual(await readdir(directory), []);
});

test("a saved text that cannot be in force any more is told, and can be deleted or replaced", async (t) => {
  const directory = await folder(t);
  await (await life(directory)).policies.put([{ text: policy("one"), source: "one.yaml" }]);
  await (await life(directory)).policies.put([{ text: policy("two"), source: "two.yaml" }]);

  const without = await life(directory, false);
  assert.deepEqual(without.names(), []);
  assert.equal(without.policies.problems.length, 2);
  assert.match(without.policies.problems[0]!.message, /r2d2/);
  await without.policies.delete("one");
  assert.equal(without.policies.problems.length, 1);
  await without.policies.put([
    { text: policy("two").replace(", rules: {l7proto: r2d2, l7: [{cmd: READ}]}", ""), source: "plain.yaml" },
  ]);
  assert.deepEqual(without.policies.problems, []);
  assert.deepEqual((await life(directory, false)).names(), ["two"]);
});

test("a save that cannot be read is told and never overwritten", async (t) => {
  const directory = await folder(t);
  for (const content of ["{", '{"version": 2, "texts": []}']) {
    await writeFile(join(directory, "policies.json"), content);
    const { policies, names } = await life(directory);
    assert.equal(policies.problems.length, 1);
    assert.match(policies.problems[0]!.source, /policies\.json$/);
    await assert.rejects(policies.put([{ text: policy("one"), source: "one.yaml" }]), {
      code: "WEIR_API_FAILED",
      message: /nothing was changed/,
    });
    assert.deepEqual(names(), []);
    assert.equal(await readFile(join(directory, "policies.json"), "utf8"), content);
  }
});

test("several texts are put in force together, or none of them", async (t) => {
  const directory = await folder(t);
  const { policies, names, repository } = await life(directory);
  await policies.put([
    { text: policy("one"), source: "1.yaml" },
    { text: policy("two"), source: "2.yaml" },
  ]);
  assert.deepEqual(names(), ["one", "two"]);
  const { revision } = repository;
  const wrong = (name: string) => policy(name).replace("READ", "REDA");
  const halves: [string, string, RegExp][] = [
    [policy("new"), wrong("bad"), /1 problem/],
    [wrong("bad"), wrong("worse"), /2 problems/],
    [policy("twice"), policy("twice", "other"), /"twice"/],
  ];
  for (const [a, b, message] of halves) {
    const texts = [a, b].map((text, index) => ({ text, source: `${index}.yaml` }));
    await assert.rejects(policies.put(texts), ({ message: said }: Error) => message.test(said));
  }
  assert.equal(repository.revision, revision);
  assert.deepEqual((await life(directory)).names(), ["one", "two"]);
});

test("changes that come together are made one after the other; too many are refused", async (t) => {
  const directory = await folder(t);
  const { policies } = await life(directory);
  const results = await Promise.allSettled(
    Array.from({ length: 70 }, (_, index) => policies.put([{ text: policy(`p${index}`), source: `${index}.yaml` }])),
  );
  const refused = results.filter((result) => result.status === "rejected");
  assert.equal(refused.length, 6);
  assert.match(String(refused[0]!.reason), /are waiting already/);
  assert.equal((await life(directory)).names().length, 64);
});

test("policy may select the identities that the configuration has fixed", async (t) => {
  const text = policy("p").replace("[{toPorts", '[{fromEndpoints: [{matchLabels: {"reserved:database": ""}}], toPorts');
  const without = await life(await folder(t));
  assert.throws(() => without.policies.validate(text, "p.yaml"), /unknown reserved label `database`/);
  const withIt = await life(await folder(t), true, new Set(["database"]));
  await withIt.policies.put([{ text, source: "p.yaml" }]);
  assert.deepEqual(withIt.names(), ["p"]);
});
