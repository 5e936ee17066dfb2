import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { stringify } from "yaml";
import { parsePolicyText } from "../../policy/document/parse-policy-text.ts";
import type { PolicyDocument } from "../../policy/rule.ts";
import { createRegistry } from "../create-registry.ts";
import { viewPolicy } from "./policy-view.ts";

async function parse(text: string): Promise<PolicyDocument[]> {
  const registry = await createRegistry(undefined);
  const parsed = parsePolicyText(text, { kind: "api", name: "t" }, registry.declarations());
  assert.deepEqual(parsed.errors, []);
  return parsed.documents;
}

const everything = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: all, namespace: space}
specs:
- endpointSelector: {}
  description: one
  labels: ["team=red"]
  ingress:
  - {}
  - fromEntities: [host, world]
  - fromEndpoints: [{matchLabels: {"k8s:app": a, b: c}}, {}]
    toPorts:
    - ports: [{port: "11211", protocol: TCP}]
      rules: {l7proto: memcache, l7: [{command: get, keyPrefix: x/}, {}]}
    - ports: [{port: "53"}]
- endpointSelector: {matchLabels: {app: x}}
  egress:
  - toEndpoints: [{matchLabels: {app: y}}]
  - toPorts: [{ports: [{port: "80", protocol: TCP}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: single}
spec:
  endpointSelector: {matchLabels: {app: x}}
  ingress: []
  egress: [{}]
`;

test("a view, imported again, means the same", async () => {
  const rebels = await readFile(new URL("../../../examples/policies/memcached-rebels.yaml", import.meta.url), "utf8");
  for (const text of [everything, rebels]) {
    const documents = await parse(text);
    assert.ok(documents.length > 0);
    for (const document of documents) {
      const again = await parse(stringify(viewPolicy(document).document));
      assert.deepEqual(again, [document]);
    }
  }
});
