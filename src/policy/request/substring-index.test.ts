import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SubstringIndex } from "./substring-index.ts";

function found(index: SubstringIndex, texts: readonly string[], subject: string): readonly string[] {
  return Array.from(index.hits.subarray(0, index.collect(subject)), (text) => texts[text] ?? "?").sort();
}

test("finds texts within one another, each once", () => {
  const texts = ["she", "he", "hers", "his", "e"];
  const index = new SubstringIndex(texts);
  assert.deepEqual(found(index, texts, "ushershe"), ["e", "he", "hers", "she"]);
  assert.deepEqual(found(index, texts, "his"), ["his"]);
  assert.deepEqual(found(index, texts, "hi"), []);
  assert.deepEqual(found(index, texts, ""), []);
});

test("agrees with includes, over several lookups in one index", () => {
  const unit = fc.constantFrom("a", "b", "a", "b", "c", "é", "ж", "\u{1f600}", "\ud83d", "\udcff", "\u0000", "\uffff");
  const texts = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 5 }), { maxLength: 25 });
  fc.assert(
    fc.property(texts, fc.array(fc.string({ unit, maxLength: 14 }), { maxLength: 10 }), (all, subjects) => {
      const index = new SubstringIndex(all);
      for (const subject of subjects) {
        const expected = all.filter((text) => subject.includes(text)).sort();
        assert.deepEqual(found(index, all, subject), expected);
      }
    }),
    { numRuns: 500 },
  );
});
