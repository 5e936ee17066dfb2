import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelFilter } from "../labels/label-filter.ts";
import { type LabelSet, parseLabels } from "../labels/label-set.ts";
import { fixedIdentity, fixedNameProblem } from "./fixed.ts";
import { IdentityLabels } from "./identity-labels.ts";
import { LocalIdentityAllocator } from "./local-allocator.ts";
import { wellKnownIdentities } from "./well-known.ts";

const FIXED = new Map([["database", fixedIdentity(130, "database")]]);

function labels(...texts: string[]): LabelSet {
  const result = parseLabels(texts);
  assert.ok("labels" in result);
  return result.labels;
}

test("labels that the filter leaves out only inform", () => {
  const rules = new IdentityLabels(LabelFilter.of(undefined, []));
  const { identity, informational } = rules.split(labels("app=a", "k8s:pod-template-hash=1"));
  assert.deepEqual([identity.texts, informational.texts], [["unspec:app=a"], ["k8s:pod-template-hash=1"]]);
  const whole = rules.split(labels("app=a", "b=1"));
  assert.deepEqual([whole.identity.texts, whole.informational.texts], [["unspec:app=a", "unspec:b=1"], []]);
});

test("an endpoint without labels that count is reserved:init", () => {
  const rules = new IdentityLabels(LabelFilter.of(undefined, []));
  assert.deepEqual(rules.split(labels()).identity.texts, ["reserved:init"]);
  const { identity, informational } = rules.split(labels("k8s:pod-template-hash=1"));
  assert.deepEqual([identity.texts, informational.texts], [["reserved:init"], ["k8s:pod-template-hash=1"]]);
});

test("a fixed identity is asked for by its name, whatever the other labels and the filter", async () => {
  const rules = new IdentityLabels(LabelFilter.of([], []), FIXED);
  const asked = labels("app=a", "k8s:io.cilium.fixed-identity=database");
  assert.deepEqual(rules.split(asked), { identity: FIXED.get("database")?.labels, informational: asked });
  const allocator = new LocalIdentityAllocator({ predefined: [...FIXED.values()] });
  assert.equal((await allocator.allocate(rules.split(asked).identity)).id, 130);
  const [label] = labels("io.cilium.fixed-identity=databse").labels;
  assert.match(rules.problem(label!) ?? "", /no fixed identity `databse` \(did you mean `database`/);
  assert.match(new IdentityLabels().problem(label!) ?? "", /`fixedIdentities` of the configuration has none/);
  assert.equal(rules.problem(labels("io.cilium.fixed-identity=database").labels[0]!), undefined);
});

test("nobody may have the labels that weir gives", () => {
  for (const text of ["reserved:host", "reserved:database", "cidr:10.0.0.0/8"]) {
    assert.match(new IdentityLabels(undefined, FIXED).problem(labels(text).labels[0]!) ?? "", /weir's own/);
  }
});

test("names of fixed identities are labels' keys and mean nothing else", () => {
  for (const name of ["database", "a", "A.b_c-1"]) assert.equal(fixedNameProblem(name), undefined);
  for (const name of ["", "a b", "a:b", "-a", "x".repeat(64)]) assert.match(fixedNameProblem(name) ?? "", /1 to 63/);
  for (const name of ["host", "world", "all", "cluster", "init"]) assert.match(fixedNameProblem(name) ?? "", /already/);
});

test("whoever has exactly the labels of a well-known workload has its number", async () => {
  const allocator = new LocalIdentityAllocator({ predefined: wellKnownIdentities("east") });
  const coredns = (cluster: string, ...more: string[]) =>
    labels(
      "k8s:k8s-app=kube-dns",
      "k8s:io.kubernetes.pod.namespace=kube-system",
      "k8s:io.cilium.k8s.policy.serviceaccount=coredns",
      `k8s:io.cilium.k8s.policy.cluster=${cluster}`,
      ...more,
    );
  assert.equal((await allocator.allocate(coredns("east"))).id, 104);
  assert.equal((await allocator.allocate(coredns("default"))).id, 256);
  assert.equal((await allocator.allocate(coredns("east", "k8s:version=2"))).id, 257);
  await allocator.release(104 as never);
  await allocator.release(104 as never);
  assert.deepEqual(
    allocator.list().map(({ id }) => id),
    [1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 256, 257],
  );
});
