import assert from "node:assert/strict";
import test from "node:test";
import { documentOf, parse, problemLine } from "../../../test/policies/problem-lines.ts";
import type { Rule } from "../rule.ts";

const NAMESPACE = "k8s:io.kubernetes.pod.namespace";

function ruleOf(rule: string, namespace: string | undefined): { rule: Rule; warnings: string[] } {
  const metadata = namespace === undefined ? "{name: p}" : `{name: p, namespace: ${namespace}}`;
  const { documents, errors, warnings } = parse(documentOf(`spec: ${rule}`).replace("{name: p}", metadata));
  assert.deepEqual(errors, []);
  const first = documents[0]?.rules[0];
  assert.ok(first);
  return { rule: first, warnings: warnings.map(problemLine) };
}

/** Keys of the selectors of the first item. */
function peersOf(rule: Rule): readonly string[] | string {
  const peers = (rule.ingress[0] ?? rule.egress[0])?.peers;
  return peers !== undefined && "selectors" in peers
    ? peers.selectors.map((selector) => selector.key)
    : (peers?.kind ?? "no item");
}

for (const [name, rule, namespace, subject, peers] of [
  ["no namespace", "{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}", undefined, "", [""]],
  [
    "a namespace confines subject and peers",
    "{endpointSelector: {matchLabels: {app: a}}, ingress: [{fromEndpoints: [{matchLabels: {app: b}}, {}]}]}",
    "shop",
    `any:app=a;${NAMESPACE}=shop;`,
    [`any:app=b;${NAMESPACE}=shop;`, `${NAMESPACE}=shop;`],
  ],
  [
    "peers that name a namespace or a reserved identity are taken as they are",
    `{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {"${NAMESPACE}": b}}, {matchLabels: {io.kubernetes.pod.namespace: b}}, {matchLabels: {"reserved:host": ""}}, {matchLabels: {"reserved:all": ""}}]}]}`,
    "shop",
    `${NAMESPACE}=shop;`,
    [`${NAMESPACE}=b;`, "any:io.kubernetes.pod.namespace=b;", "reserved:host=;", ""],
  ],
  [
    "a rule about init is confined to no namespace, and neither are its peers",
    `{endpointSelector: {matchLabels: {"reserved:init": ""}}, ingress: [{fromEndpoints: [{matchLabels: {app: b}}]}]}`,
    "shop",
    "reserved:init=;",
    ["any:app=b;"],
  ],
  [
    "reserved:all as subject is everything in the namespace",
    `{endpointSelector: {matchLabels: {"reserved:all": ""}}, ingress: [{}]}`,
    "shop",
    `${NAMESPACE}=shop;`,
    "none",
  ],
  [
    "entities are confined to no namespace",
    "{endpointSelector: {}, ingress: [{fromEntities: [all, world, cluster, host, init]}]}",
    "shop",
    `${NAMESPACE}=shop;`,
    ["", "reserved:world=;", "reserved:cluster=;", "reserved:host=;", "reserved:init=;"],
  ],
  [
    "labels in any order give one key",
    "{endpointSelector: {matchLabels: {b: '1', a: '2'}}, ingress: [{toPorts: [{ports: [{port: 80}]}]}]}",
    undefined,
    "any:a=2;any:b=1;",
    "any",
  ],
  ["an empty peer list selects nobody", "{endpointSelector: {}, egress: [{toEntities: []}]}", undefined, "", []],
] as const) {
  test(name, () => {
    const { rule: read } = ruleOf(rule, namespace);
    assert.equal(read.endpointSelector.key, subject);
    assert.deepEqual(peersOf(read), peers);
  });
}

test("a subject in a foreign namespace is told and taken for the own one", () => {
  const { rule, warnings } = ruleOf(
    `{endpointSelector: {matchLabels: {"${NAMESPACE}": other}}, ingress: [{}]}`,
    "shop",
  );
  assert.equal(rule.endpointSelector.key, `${NAMESPACE}=shop;`);
  assert.deepEqual(warnings, [
    "4:26 the policy selects endpoints of its own namespace `shop`, not of `other` (remove the label or put the policy into `other`)",
  ]);
});

test("every rule carries the labels of its document, and its own", () => {
  const { rule } = ruleOf(
    "{endpointSelector: {}, egress: [{}], labels: ['k8s:team=x', y, {key: z, value: '1'}]}",
    "shop",
  );
  assert.deepEqual(rule.labels, [
    "k8s:io.cilium.k8s.policy.name=p",
    "k8s:io.cilium.k8s.policy.namespace=shop",
    "k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy",
    "k8s:team=x",
    "unspec:y",
    "unspec:z=1",
  ]);
});

test("aliases repeat what their anchor says", () => {
  const { rule } = ruleOf(
    "{endpointSelector: &a {matchLabels: {app: a}}, ingress: [{fromEndpoints: [*a]}]}",
    undefined,
  );
  assert.deepEqual(peersOf(rule), ["any:app=a;"]);
});
