import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { anyPolicy } from "../../../test/policies/any-policy.ts";
import { EXTENSIONS } from "../../../test/policies/extensions.ts";
import { parsePolicyText } from "../../policy/document/parse-policy-text.ts";
import type { PolicyDocument } from "../../policy/rule.ts";
import { viewPolicy } from "./policy-view.ts";

function parse(text: string): PolicyDocument[] {
  const parsed = parsePolicyText(text, { kind: "api", name: "t" }, EXTENSIONS);
  assert.deepEqual(parsed.errors, []);
  return parsed.documents;
}

/** The document that an import of the view gives, as JSON and as people get it printed. */
function again(document: PolicyDocument): void {
  const view = viewPolicy(document).document;
  assert.deepEqual(parse(JSON.stringify(view)), [document]);
  assert.deepEqual(parse(stringify(view, { compat: "yaml-1.1" })), [document]);
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
    const documents = parse(text);
    assert.ok(documents.length > 0);
    for (const document of documents) again(document);
  }
});

test("a view of any policy, imported again, means the same", () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const documents = parse(JSON.stringify(policy));
      assert.equal(documents.length, 1);
      for (const document of documents) again(document);
    }),
    { numRuns: 200 },
  );
});

test("a view shows every member that was written", () => {
  const spec = {
    endpointSelector: {
      matchLabels: { app: "x" },
      matchExpressions: [{ key: "k8s:stage", operator: "In", values: ["a", "b"] }],
    },
    ingress: [
      { fromCIDR: ["10.0.0.0/8", "::1/128"], fromRequires: [{ matchLabels: { env: "prod" } }] },
      { fromCIDRSet: [{ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }, { cidr: "11.0.0.0/8" }] },
      { fromRequires: [{ matchExpressions: [{ key: "env", operator: "Exists" }] }] },
      { fromEntities: ["host", "world"] },
      {
        toPorts: [
          {
            ports: [{ port: "11211", protocol: "TCP" }],
            rules: { l7proto: "memcache", l7: [{ action: "deny", command: "set" }, {}] },
          },
        ],
      },
    ],
    egress: [{ toCIDR: ["10.0.0.0/8"] }, { toRequires: [{}], toEndpoints: [{}] }],
    ingressDeny: [{ fromEntities: ["world"], toPorts: [{ ports: [{ port: "22", protocol: "ANY" }] }] }],
    egressDeny: [{ toCIDRSet: [{ cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] }] }],
    labels: ["k8s:io.cilium.k8s.policy.name=other"],
  };
  const policy = {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: "p", annotations: { "weir.dev/mode": "audit" } },
    spec,
  };
  const [document] = parse(JSON.stringify(policy));
  assert.ok(document);
  assert.deepEqual(viewPolicy(document).document, policy);
});
