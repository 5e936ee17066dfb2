import assert from "node:assert/strict";
import { test } from "node:test";
import { nearTexts, type Question, TracedWorld } from "./testing/traced-world.ts";

/** One document of one rule for the endpoints `app=db`. */
function policy(name: string, sections: string, annotations = ""): string {
  const metadata = `{name: ${name}${annotations === "" ? "" : `, annotations: ${annotations}`}}`;
  return `---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: ${metadata}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ${sections}
`;
}

const AUDIT = "{weir.dev/mode: audit}";
const PORT = 'ports: [{port: "80", protocol: TCP}]';

function l7(...rules: readonly string[]): string {
  return `ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{${PORT}, rules: {l7proto: cache, l7: [${rules.join(", ")}]}}]}]`;
}

const fromWeb: Question = { endpoint: ["app=db"], peer: ["app=web"], port: 80 };
const readX: Question = { ...fromWeb, l7: { command: ["get"], key: ["fleet/x"] } };

test("names the rule that allows, down to the l7 rule", () => {
  const world = TracedWorld.ofText(policy("p", l7("{command: writeGroup}", "{command: get, keyPrefix: fleet/}")));
  const trace = world.trace(readX);
  assert.equal(trace.verdict, "allowed");
  assert.equal(trace.parser, "cache");
  assert.equal(trace.reason, "allowed by policy p, spec.ingress[0].toPorts[0].rules.l7[1]");
  assert.deepEqual(trace.enforcement, {
    mode: "default",
    enforced: true,
    because: "policy p speaks of it, spec.ingress",
  });
  assert.deepEqual(trace.policies, [{ name: "p", mode: "enforce", rules: ["spec"] }]);
  assert.deepEqual(nearTexts(trace), [
    'p spec.ingress[0].toPorts[0].rules.l7[0]: request does not match: command "writeGroup" wanted',
  ]);
});

test("near misses say what is in the way, the closest first", () => {
  const world = TracedWorld.ofText(
    policy("a", l7("{command: get, keyPrefix: alliance/}", "{command: delete, keyPrefix: other/}")) +
      policy("b", `ingress: [{fromEndpoints: [{matchLabels: {app: web, "k8s:env": prod}}], toPorts: [{${PORT}}]}]`) +
      policy("c", 'ingress: [{toPorts: [{ports: [{port: "81", protocol: TCP}, {port: "90", protocol: ANY}]}]}]') +
      policy("d", "ingress: [{fromEndpoints: [{matchExpressions: [{key: app, operator: In, values: [x, y]}]}]}]") +
      policy("far", 'ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "81", protocol: TCP}]}]}]'),
  );
  const trace = world.trace(readX);
  assert.equal(trace.verdict, "denied");
  assert.equal(trace.reason, "no rule allows this request");
  assert.equal(trace.rule, undefined);
  assert.deepEqual(nearTexts(trace), [
    'a spec.ingress[0].toPorts[0].rules.l7[0]: matches all but keyPrefix "alliance/"',
    "b spec.ingress[0].toPorts[0]: peer does not match: k8s:env=prod wanted",
    "c spec.ingress[0].toPorts[0]: port 80 is not among 81, 90",
    "d spec.ingress[0]: peer does not match: app In [x, y] wanted (has unspec:app=web)",
    'a spec.ingress[0].toPorts[0].rules.l7[1]: request does not match: command "delete", keyPrefix "other/" wanted',
  ]);
});

test("a deny rule is named, and so is what it overrules", () => {
  const world = TracedWorld.ofText(
    policy("p", l7("{command: get}", "{action: deny, keyPrefix: fleet/}", "{action: deny, keyPrefix: fleet/y}")),
  );
  const trace = world.trace(readX);
  assert.equal(trace.verdict, "denied");
  assert.equal(trace.reason, "denied by policy p, spec.ingress[0].toPorts[0].rules.l7[1]");
  assert.equal(trace.rule?.effect, "deny");
  assert.deepEqual(nearTexts(trace), [
    "p spec.ingress[0].toPorts[0].rules.l7[0]: fits, but is denied by policy p, spec.ingress[0].toPorts[0].rules.l7[1]",
    'p spec.ingress[0].toPorts[0].rules.l7[2]: request does not match: keyPrefix "fleet/y" wanted',
  ]);
  const connection = TracedWorld.ofText(
    policy("p", "ingress: [{fromEndpoints: [{}]}]\n  ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]"),
  ).trace(fromWeb);
  assert.equal(connection.verdict, "denied");
  assert.equal(connection.reason, "denied by policy p, spec.ingressDeny[0]");
  assert.deepEqual(nearTexts(connection), ["p spec.ingress[0]: fits, but is denied by policy p, spec.ingressDeny[0]"]);
});

test("what only an audited policy would deny passes, with the place that would deny it", () => {
  const world = TracedWorld.ofText(
    policy("open", `ingress: [{toPorts: [{${PORT}}]}]`) +
      policy("watch", l7("{command: get, keyPrefix: alliance/}", "{action: deny, command: delete}"), AUDIT),
  );
  // The whole port is open by another policy: nothing is missing.
  assert.equal(world.trace(readX).verdict, "allowed");
  const denied = world.trace({ ...fromWeb, l7: { command: ["delete"], key: ["a"] } });
  assert.equal(denied.verdict, "audited");
  assert.equal(denied.reason, "would be denied by policy watch, spec.ingress[0].toPorts[0].rules.l7[1] (audit)");

  const alone = TracedWorld.ofText(policy("watch", l7("{command: get, keyPrefix: alliance/}"), AUDIT));
  const missing = alone.trace(readX);
  assert.equal(missing.verdict, "audited");
  assert.equal(missing.rule?.effect, "missing");
  assert.match(missing.reason, /^would be denied: no rule allows it, and policy watch, .* enforces that \(audit\)$/);
  assert.equal(missing.enforcement.enforced, false);
  assert.match(missing.enforcement.because, /only audited ones speak of ingress/);
  assert.deepEqual(missing.policies, [{ name: "watch", mode: "audit", rules: ["spec"] }]);
});

test("what an enforcing rule allows passes by that rule, also where an audited one fits", () => {
  const world = TracedWorld.ofText(
    policy("open", `ingress: [{toPorts: [{${PORT}}]}]`) + policy("audited", l7("{command: get}"), AUDIT),
  );
  const trace = world.trace(readX);
  assert.equal(trace.reason, "allowed by policy open, spec.ingress[0].toPorts[0]");
  assert.deepEqual(nearTexts(trace), ["audited spec.ingress[0].toPorts[0].rules.l7[0]: fits too"]);
});

test("an audited rule that fits allows nothing", () => {
  const world = TracedWorld.ofText(
    policy("closed", `ingress: [{fromEndpoints: [{matchLabels: {app: other}}]}]`) +
      policy("watch", "ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]", AUDIT),
  );
  const trace = world.trace(fromWeb);
  assert.equal(trace.verdict, "denied");
  assert.deepEqual(nearTexts(trace), [
    "watch spec.ingress[0]: fits, but its policy is audited: it neither allows nor denies",
    "closed spec.ingress[0]: peer does not match: app=other wanted (has unspec:app=web)",
  ]);
});

test("an endpoint in audit mode denies nothing", () => {
  const world = TracedWorld.ofText(policy("p", l7("{command: get, keyPrefix: alliance/}")));
  const trace = world.trace({ ...readX, audit: true });
  assert.equal(trace.verdict, "audited");
  assert.equal(trace.enforcement.enforced, false);
  assert.match(trace.enforcement.because, /audit mode/);
  assert.equal(world.trace({ ...readX, peer: ["app=x"], audit: true }).verdict, "audited");
});

test("without a request the verdict of an l7 port depends, and its rules are listed", () => {
  const world = TracedWorld.ofText(policy("p", l7("{command: get, keyPrefix: a/}", "{action: deny, command: delete}")));
  const trace = world.trace(fromWeb);
  assert.equal(trace.verdict, "depends");
  assert.deepEqual(
    trace.l7Rules.map(({ rule, fields }) => [rule.rule, rule.effect, fields]),
    [
      ["spec.ingress[0].toPorts[0].rules.l7[0]", undefined, { command: "get", keyPrefix: "a/" }],
      ["spec.ingress[0].toPorts[0].rules.l7[1]", "deny", { command: "delete" }],
    ],
  );
  assert.deepEqual(nearTexts(trace), []);
});

test("a request of another extension than the one that reads the port is denied", () => {
  const world = TracedWorld.ofText(policy("p", l7("{}")));
  const trace = world.trace({ ...fromWeb, l7: { topic: ["x"] }, l7proto: "queue" });
  assert.equal(trace.verdict, "denied");
  assert.match(trace.reason, /extension cache reads the connection and takes no request of queue/);
});

test("rules that cannot be put in force deny, and the trace says why", () => {
  const world = TracedWorld.ofText(
    policy("p", l7("{command: get}")) +
      policy("q", `ingress: [{toPorts: [{${PORT}, rules: {l7proto: queue, l7: [{topic: x}]}}]}]`),
  );
  const trace = world.trace({ ...fromWeb, port: 81 });
  assert.equal(trace.verdict, "denied");
  assert.match(trace.reason, /cannot be put in force: ingress port 80 has two extensions/);
});

test("says why a direction is or is not enforced", () => {
  const because = (mode: "default" | "always" | "never", endpoint: string) => {
    const world = TracedWorld.ofText(policy("p", "ingress: [{}]"), mode);
    const { enforcement, verdict } = world.trace({ direction: "egress", endpoint: [endpoint], peer: ["a"], port: 1 });
    return `${verdict}: ${enforcement.because}`;
  };
  assert.equal(because("default", "app=db"), "allowed: no policy that selects the endpoint speaks of egress");
  assert.equal(because("always", "app=db"), "denied: the agent enforces everything (mode `always`)");
  assert.equal(because("never", "app=db"), "allowed: the agent enforces no policy (mode `never`)");
  assert.equal(because("default", "reserved:init"), "denied: that of an endpoint without labels always is");
});

test("lists are bounded, and say how much is left out", () => {
  const rules = Array.from({ length: 150 }, (_, index) => `{keyPrefix: k${index}/}`);
  const world = TracedWorld.ofText(policy("p", l7(...rules)));
  const trace = world.trace(readX);
  assert.equal(trace.near.length, 20);
  assert.equal(trace.left.near, 130);
  const depends = world.trace(fromWeb);
  assert.equal(depends.l7Rules.length, 100);
  assert.equal(depends.left.l7Rules, 50);
});

test("a trace leaves nothing behind", () => {
  const world = TracedWorld.ofText(policy("p", l7("{command: get}")));
  const before = world.selectors.size;
  for (let index = 0; index < 5; index++) world.trace({ ...readX, endpoint: ["app=db", `n=${index}`] });
  assert.equal(world.selectors.size, before);
});
