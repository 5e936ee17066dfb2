import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseLabel } from "./label.ts";
import { type LabelExpression, LabelFilter, parseLabelExpression, prefixExpression } from "./label-filter.ts";

function expressions(...texts: readonly string[]): readonly LabelExpression[] {
  return texts.map((text) => {
    const parsed = parseLabelExpression(text);
    assert.ok("expression" in parsed, text);
    return parsed.expression;
  });
}

function relevant(filter: LabelFilter, text: string): boolean {
  const parsed = parseLabel(text);
  assert.ok("label" in parsed);
  return filter.isRelevant(parsed.label);
}

test("by default the namespace and a user's labels count, and what Kubernetes notes down does not", () => {
  const filter = LabelFilter.of(undefined, []);
  for (const text of [
    "app=web",
    "k8s:io.kubernetes.pod.namespace=a",
    "k8s:io.cilium.k8s.namespace.labels.team=x",
    "k8s:io.cilium.k8s.policy.serviceaccount=default",
    "k8s:eks.amazonaws.com/component=kube-dns",
    "k8s:etcd_cluster=cilium-etcd",
    "k8s:annotation.mine=x",
  ]) {
    assert.ok(relevant(filter, text), text);
  }
  for (const text of [
    "k8s:io.kubernetes.container.name=x",
    "k8s:statefulset.kubernetes.io/pod-name=a-0",
    "k8s:pod-template-hash=12",
    "k8s:pod-template-generation=1",
    "k8s:controller-revision-hash=1",
    "k8s:annotation.cilium.io/x=1",
    "k8s:annotation.cilium-identity=1",
    "k8s:annotation.sidecar.istio.io/status=1",
    "k8s:annotation.etcd.version=3",
    "k8s:etcd_node=a",
  ]) {
    assert.ok(!relevant(filter, text), text);
  }
});

test("an expression that includes makes an allow-list; one that excludes does not", () => {
  const allowed = LabelFilter.of(undefined, expressions("k8s:app"));
  assert.ok(relevant(allowed, "k8s:app=x"));
  assert.ok(!relevant(allowed, "app=x"), "another source");
  assert.ok(!relevant(allowed, "k8s:tier=x"));
  assert.ok(relevant(allowed, "k8s:io.kubernetes.pod.namespace=a"), "the defaults still include the namespace");
  const open = LabelFilter.of(undefined, expressions("!build"));
  assert.ok(relevant(open, "app=x") && !relevant(open, "build.number=7"));
});

test("the expression that fits the longest part decides", () => {
  const filter = LabelFilter.of([], expressions("!team", "team\\.name", "!team\\.name\\.short", "unspec:!team\\.name"));
  assert.deepEqual(
    ["k8s:team=a", "k8s:team.name=a", "k8s:team.name.short=a", "team.name=a"].map((text) => relevant(filter, text)),
    [false, true, false, false],
  );
});

test("expressions of a file take the place of the defaults and are plain beginnings", () => {
  const filter = LabelFilter.of([prefixExpression("k8s", "a.b", true)], []);
  assert.deepEqual(
    ["k8s:a.b=1", "k8s:a.bc=1", "k8s:axb=1", "a.b=1", "k8s:io.kubernetes.pod.namespace=a"].map((text) =>
      relevant(filter, text),
    ),
    [true, true, false, false, false],
  );
});

test("what is no expression is refused with the reason", () => {
  for (const [text, reason] of [
    ["", /names no labels/],
    ["!", /names no labels/],
    ["k8s:", /names no labels/],
    ["k8s:!", /names no labels/],
    ["(", /RE2/],
    ["(?=a)", /RE2/],
  ] as const) {
    const parsed = parseLabelExpression(text);
    assert.match("error" in parsed ? parsed.error : "accepted", reason, text);
  }
});

test("the order of expressions means nothing", () => {
  const pool = expressions("app", "!app", "app\\.kubernetes", "!.*s", "k8s:app", "k8s:!app\\.k", "!a", ".*e");
  const keys = fc.constantFrom("app", "app.kubernetes", "apps", "a", "tier", "k8s:app", "k8s:app.kubernetes.io");
  fc.assert(
    fc.property(fc.subarray([...pool]), keys, fc.infiniteStream(fc.nat()), (chosen, key, random) => {
      const [filter, shuffled] = [LabelFilter.of([], chosen), LabelFilter.of([], shuffle(chosen, random))];
      assert.equal(relevant(filter, key), relevant(shuffled, key));
    }),
  );
});

function shuffle<T>(items: readonly T[], random: Iterator<number>): readonly T[] {
  return items
    .map((item) => ({ item, at: random.next().value as number }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
