import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { CidrIdentities } from "../ipcache/cidr-identities.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import { systemClock } from "../lib/clock.ts";
import { parsePolicyText } from "../policy/document/parse-policy-text.ts";
import { PolicyImporter } from "../policy/importer.ts";
import { PolicyRepository } from "../policy/repository.ts";
import { SelectorCache } from "../policy/selector-cache.ts";
import { PolicyDir } from "./policy-dir.ts";

function policy(name: string): string {
  return `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: ${name}}, spec: {endpointSelector: {}, ingress: [{}]}}`;
}

test("with the real importer: a renamed or exchanged policy is in force at every revision, an imported one is not taken", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-policy-dir-"));
  const identities = new LocalIdentityAllocator();
  const repository = new PolicyRepository(new SelectorCache(identities));
  const revisions: string[] = [];
  const regenerate = async (): Promise<void> => {
    const documents = repository.list().map(({ key, source }) => `${key} of ${source.name.replace(/^.*\//, "")}`);
    revisions.push(documents.sort().join(", "));
  };
  const importer = new PolicyImporter(repository, { regenerate }, new CidrIdentities(identities, new IpCache()));
  const dir = new PolicyDir({
    paths: ["*.yaml"],
    baseDirectory: directory,
    sink: importer,
    extensions: () => new Map(),
    clock: systemClock,
    // Only the looks of the test.
    schedule: () => () => undefined,
    listener: { onStatus: () => undefined, onGone: () => undefined },
  });
  t.after(async () => {
    await dir.close();
    await rm(directory, { recursive: true, force: true });
  });
  const file = (name: string): string => join(directory, name);
  const settle = async (): Promise<void> => {
    await dir.look();
    await dir.look();
  };

  await importer.put(parsePolicyText(policy("imported"), { kind: "api", name: "api" }, new Map()).documents);
  await writeFile(file("a.yaml"), policy("x"));
  await writeFile(file("b.yaml"), policy("y"));
  await writeFile(file("c.yaml"), policy("imported"));
  const statuses = await dir.start();
  assert.deepEqual(
    statuses.map((status) => status.documents),
    [["x"], ["y"], []],
  );
  assert.match(statuses[2]?.problems[0]?.message ?? "", /^not put in force: .*imported/);

  await rename(file("a.yaml"), file("d.yaml"));
  await rm(file("c.yaml"));
  await settle();
  await writeFile(file("next"), policy("x"));
  await writeFile(file("d.yaml"), policy("y"));
  await rename(file("next"), file("b.yaml"));
  await settle();
  assert.deepEqual(
    revisions.slice(1).filter((revision) => !/\bx of .*\by of /.test(revision)),
    ["imported of api, x of a.yaml"],
  );
  assert.equal(revisions.at(-1), "imported of api, x of b.yaml, y of d.yaml");
});
