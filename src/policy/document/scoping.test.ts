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
    "expressions about a namespace or a reserved identity name it as well",
    `{endpointSelector: {}, egress: [{toEndpoints: [{matchExpressions: [{key: "${NAMESPACE}", operator: In, values: [b, a]}]}, {matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}, {matchExpressions: [{key: "reserved:world", operator: DoesNotExist}]}, {matchExpressions: [{key: app, operator: Exists}]}]}]}`,
    "shop",
    `${NAMESPACE}=shop;`,
    [
      `(${NAMESPACE} In a,b);`,
      "(any:io.kubernetes.pod.namespace Exists );",
      "(reserved:world DoesNotExist );",
      `${NAMESPACE}=shop;(any:app Exists );`,
    ],
  ],
  [
    "a rule that asks for init in an expression is confined to no namespace",
    `{endpointSelector: {matchExpressions: [{key: "reserved:init", operator: Exists}]}, ingress: [{fromEndpoints: [{}]}]}`,
    "shop",
    "(reserved:init Exists );",
    [""],
  ],
  [
    "a rule that only speaks of init is confined",
    `{endpointSelector: {matchExpressions: [{key: "reserved:init", operator: DoesNotExist}]}, ingress: [{fromEndpoints: [{}]}]}`,
    "shop",
    `${NAMESPACE}=shop;(reserved:init DoesNotExist );`,
    [`${NAMESPACE}=shop;`],
  ],
  [
    "networks are confined to no namespace; a whole family is the world, too",
    "{endpointSelector: {}, ingress: [{fromCIDR: [10.1.0.0/8, '::/0', '::1']}]}",
    "shop",
    `${NAMESPACE}=shop;`,
    ["cidr:10.0.0.0/8=;", "cidr:--/0=;", "reserved:world=;", "cidr:--1/128=;"],
  ],
  [
    "excepted networks must not be there; a family with exceptions is not the world",
    "{endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12]}, {cidr: 10.2.0.0/16}]}]}",
    undefined,
    "",
    ["cidr:0.0.0.0/0=;(cidr:10.0.0.0/8 DoesNotExist );(cidr:172.16.0.0/12 DoesNotExist );", "cidr:10.2.0.0/16=;"],
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

test("an expression that leaves none of the own namespace is told", () => {
  for (const [expression, told] of [
    ["operator: In, values: [other]", true],
    ["operator: In, values: [other, shop]", false],
    ["operator: NotIn, values: [shop]", true],
    ["operator: NotIn, values: [other]", false],
    ["operator: Exists", false],
    ["operator: DoesNotExist", true],
  ] as const) {
    const selector = `{matchExpressions: [{key: "${NAMESPACE}", ${expression}}]}`;
    const { warnings } = ruleOf(`{endpointSelector: ${selector}, ingress: [{}]}`, "shop");
    const operator = /operator: (\w+)/.exec(expression)?.[1];
    const warning = `4:26 the policy selects endpoints of its own namespace \`shop\`, and \`${operator}\` leaves none of them (remove the expression or put the policy into another namespace)`;
    assert.deepEqual(warnings, told ? [warning] : [], expression);
  }
});

test("requirements are confined to the namespace, whatever reserved identity they name", () => {
  const requires = (namespace: string | undefined, subject = "{}"): readonly string[] => {
    const selectors = `[{matchLabels: {env: prod}}, {matchLabels: {"reserved:host": ""}}, {matchLabels: {"${NAMESPACE}": b}}]`;
    const { rule } = ruleOf(`{endpointSelector: ${subject}, egress: [{toRequires: ${selectors}}]}`, namespace);
    assert.equal(rule.egress[0]?.peers.kind, "none");
    return rule.egress[0]?.requires.map(({ key }) => key) ?? [];
  };
  const own = `${NAMESPACE}=shop;`;
  assert.deepEqual(requires("shop"), [`any:env=prod;${own}`, `${own}reserved:host=;`, `${NAMESPACE}=b;`]);
  const unconfined = ["any:env=prod;", "reserved:host=;", `${NAMESPACE}=b;`];
  assert.deepEqual(requires(undefined), unconfined);
  assert.deepEqual(requires("shop", `{matchLabels: {"reserved:init": ""}}`), unconfined);
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
