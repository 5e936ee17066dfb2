// What is shown of documents that are not in force everywhere, or only watch.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { PolicyListing } from "../../src/api/rest.ts";
import { startAgent } from "../support/agent.ts";

const policy = (name: string, extension: string, rule: string, mode: string): string => `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}, annotations: {weir.dev/mode: ${mode}}}
spec:
  endpointSelector: {matchLabels: {app: cache}}
  ingress:
    - toPorts:
        - ports: [{port: "11211", protocol: TCP}]
          rules: {l7proto: ${extension}, l7: [${rule}]}
`;

test("documents that are in each other's way are marked, with the reason, and the status warns", async () => {
  await using agent = await startAgent({
    configuration: `
endpoints: [{name: cache, addresses: [127.0.9.1], labels: ["app=cache"]}]
policies: [./policies/*.yaml]
`,
    files: {
      "policies/one.yaml": policy("one", "memcache", "{command: get}", "enforce"),
      "policies/watching.yaml": policy("watching", "memcache", "{command: set}", "audit"),
    },
  });
  const before = await agent.weir("policy", "get");
  assert.match(
    before.stdout,
    /^NAME +MODE +RULES +SOURCE +FILE\none +enforce +1 +file +\S+\nwatching +audit +1 +file +\S+\n$/,
  );
  assert.equal((await agent.weir("policy", "get", "--no-headers")).stdout.split("\n").length, 3);

  const file = `${agent.folder}/two.yaml`;
  await writeFile(file, policy("two", "r2d2", "{cmd: HALT}", "enforce"));
  assert.equal((await agent.weir("policy", "import", file)).code, 0);
  const after = await agent.weir("policy", "get");
  assert.match(after.stdout, /^one +enforce ! /m);
  assert.match(after.stdout, /^two +enforce ! /m);
  assert.match(after.stdout, /^! one: .*11211/m);
  const { policies } = JSON.parse((await agent.weir("policy", "get", "-o", "json")).stdout) as PolicyListing;
  assert.ok(policies.find(({ name }) => name === "two")?.problems[0]?.includes("11211"));
  assert.match((await agent.weir("status")).stdout, /Warnings:(\n {2}.*)*\n {2}policy two: .*11211/);
  assert.match((await agent.weir("policy", "get", "two")).stderr, /^warning: .*11211/);

  assert.equal((await agent.weir("policy", "delete", "two")).code, 0);
  assert.doesNotMatch((await agent.weir("policy", "get")).stdout, /!/);
});
