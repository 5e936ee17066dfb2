import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Request } from "../../api/request.ts";
import { DecisionCache, decisionKey } from "./decision-cache.ts";
import { RequestView } from "./request-view.ts";

const allowed = { allowed: true, audited: false, origin: { policy: "p", rule: "r", labels: [] } };

function keyOf(request: Request): string | undefined {
  const view = new RequestView(["x", "y"], [0, 1]);
  view.fill(request);
  return decisionKey(view, [0, 1]);
}

test("holds no more than two generations, and keeps what is asked for", () => {
  const cache = new DecisionCache();
  for (let index = 0; index < 50_000; index++) {
    cache.set(`key ${index}`, allowed);
    assert.equal(cache.get("key 0"), allowed);
  }
  assert.ok(cache.size <= 8192, `${cache.size}`);
  assert.equal(cache.get("key 1"), undefined);
  assert.equal(cache.get("key 49999"), allowed);
});

test("keys of long requests are not made", () => {
  assert.equal(keyOf({ x: "a".repeat(600) }), undefined);
  assert.equal(keyOf({ x: "a".repeat(300), y: "a".repeat(300) }), undefined);
  assert.equal(keyOf({ x: new Array(17).fill("a") }), undefined);
  assert.equal(keyOf({ x: ["a", "a".repeat(600)] }), undefined);
  assert.notEqual(keyOf({ x: "a".repeat(300) }), undefined);
});

test("different requests have different keys", () => {
  const value = fc.constantFrom("", "a", "\u0001", "\uffff", "\ufffe\u0001");
  const values = fc.oneof(value, fc.array(value, { maxLength: 3 }), fc.constant(undefined));
  // A list of one is judged like its only value, an empty one like none.
  const plain = (given: Request[string]): unknown => (typeof given === "string" ? [given] : (given ?? []));
  fc.assert(
    fc.property(values, values, values, values, (x1, y1, x2, y2) => {
      const same = JSON.stringify([plain(x1), plain(y1)]) === JSON.stringify([plain(x2), plain(y2)]);
      assert.equal(keyOf({ x: x1, y: y1 }) === keyOf({ x: x2, y: y2 }), same);
    }),
    {
      numRuns: 3000,
      examples: [
        [["a", "a"], "a", "a", ["a", "a"]],
        ["a", undefined, undefined, "a"],
      ],
    },
  );
});
