import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createOfflineValidator } from "./validate-offline.ts";

const policy = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p}
spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {"reserved:database": ""}}]}]}
`;

test("a text is checked as the agent of the configuration would check it", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-validate-"));
  t.after(() => rm(directory, { recursive: true }));
  const config = join(directory, "weir.yaml");
  await writeFile(config, 'fixedIdentities: {"128": database}\n');
  const withConfig = (await createOfflineValidator(config))(policy, "p.yaml");
  assert.deepEqual(withConfig, { policies: ["p"], problems: [], warnings: [] });
  const without = (await createOfflineValidator(undefined))(policy, "p.yaml");
  assert.deepEqual(without.policies, []);
  assert.match(without.problems[0]?.message ?? "", /^unknown reserved label `database`/);
});
