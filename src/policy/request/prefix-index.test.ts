import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PrefixIndex } from "./prefix-index.ts";

function found(texts: readonly string[], subject: string): readonly string[] {
  const index = new PrefixIndex(texts);
  return Array.from(index.hits.subarray(0, index.collect(subject)), (text) => texts[text] ?? "?");
}

test("finds every text that the subject begins with, shortest first", () => {
  const texts = ["user:10", "user:1", "u", "user:2", "item", "user:"];
  assert.deepEqual(found(texts, "user:105"), ["u", "user:", "user:1", "user:10"]);
  assert.deepEqual(found(texts, "user:10"), ["u", "user:", "user:1", "user:10"]);
  assert.deepEqual(found(texts, "user"), ["u"]);
  assert.deepEqual(found(texts, "ite"), []);
  assert.deepEqual(found(texts, ""), []);
  assert.deepEqual(found([], "a"), []);
});

test("agrees with startsWith", () => {
  const unit = fc.constantFrom("a", "b", "c", "\u{1f600}", "\ud83d", "\udcff", "\u0000", "\uffff");
  const texts = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 6 }), { maxLength: 30 });
  fc.assert(
    fc.property(texts, fc.array(fc.string({ unit, maxLength: 9 }), { maxLength: 10 }), (all, subjects) => {
      for (const subject of subjects) {
        const expected = all.filter((text) => subject.startsWith(text)).sort((a, b) => a.length - b.length);
        assert.deepEqual(found(all, subject), expected);
      }
    }),
    { numRuns: 500 },
  );
});
