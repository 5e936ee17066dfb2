import assert from "node:assert/strict";
import { test } from "node:test";
import { LABELS_MAX, LabelSet, parseLabels } from "./label-set.ts";

test("a set is sorted by key, not by source, and has one text for one content", () => {
  const one = new LabelSet([
    { source: "k8s", key: "b", value: "" },
    { source: "unspec", key: "a", value: "1" },
  ]);
  const other = parseLabels(["a=1", "k8s:b", "a=1"]);
  assert.equal(one.key, "unspec:a=1;k8s:b=;");
  assert.deepEqual(one.texts, ["unspec:a=1", "k8s:b"]);
  assert.equal("labels" in other && other.labels.key, one.key);
});

test("has() respects sources, and `any` stands for all of them", () => {
  const set = new LabelSet([{ source: "k8s", key: "app", value: "x" }]);
  assert.ok(set.has("k8s", "app", "x"));
  assert.ok(set.has("any", "app", "x"));
  assert.ok(!set.has("unspec", "app", "x"));
  assert.ok(!set.has("any", "app", ""));
  assert.ok(!set.has("any", "other", "x"));
  assert.ok(set.hasSource("k8s") && !set.hasSource("any"));
});

test("all that is wrong with labels is told at once", () => {
  const result = parseLabels(["app=a", "k8s:app=a", "app=b", "", "a b"]);
  assert.ok("errors" in result);
  assert.deepEqual(
    result.errors.map(({ index }) => index),
    [1, 2, 3, 4],
  );
  assert.match(result.errors[0]?.message ?? "", /"k8s:app=a": there is "unspec:app=a" as well/);
  assert.ok("errors" in parseLabels(Array.from({ length: LABELS_MAX + 1 }, (_, index) => `l${index}`)));
});

test("a set cannot be made of labels that would blur its key", () => {
  assert.throws(() => new LabelSet([{ source: "unspec", key: "a", value: "b;unspec:c=d" }]), {
    code: "WEIR_CONFIG_INVALID",
  });
  assert.throws(
    () =>
      new LabelSet([
        { source: "unspec", key: "a", value: "1" },
        { source: "k8s", key: "a", value: "1" },
      ]),
    { code: "WEIR_CONFIG_INVALID" },
  );
});
