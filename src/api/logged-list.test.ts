import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loggedList, loggedValue, parseLoggedList } from "./logged-list.ts";

const unit = fc.constantFrom("a", "b", ",", " ", '"', "\\", "…", "é", "\u{1f600}", "\udcff", "\n");
const value = fc.oneof(
  fc.string({ unit, maxLength: 6 }),
  fc.constantFrom("… and 3 more", "a, b", ", ", "…", "and", '"', ""),
);

test("plain values stand as they are", () => {
  assert.equal(loggedValue("alliance/fleet/x"), "alliance/fleet/x");
  assert.equal(loggedList(["a", "b,", "c"]), "a, b,, c");
  assert.equal(loggedValue("a, b"), '"a, b"');
  assert.equal(loggedList(["", '"']), '"", "\\""');
});

test("what was written is read back, whatever the values", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), (values) => {
      assert.deepEqual(parseLoggedList(loggedList(values)), { values, more: 0 });
    }),
    { numRuns: 2_000, examples: [[["… and 3 more"]], [["a", "… and 3 more"]], [["…"]]] },
  );
  fc.assert(
    fc.property(value, (single) => {
      assert.deepEqual(parseLoggedList(loggedValue(single)), { values: [single], more: 0 });
    }),
  );
});

test("long lists are cut, and the text says how many are missing", () => {
  const many = Array.from({ length: 100 }, (_, index) => `k${index}`);
  assert.deepEqual(parseLoggedList(loggedList(many)), { values: many.slice(0, 64), more: 36 });
  const long = ["x".repeat(3_000), "y".repeat(3_000), "z"];
  assert.deepEqual(parseLoggedList(loggedList(long)), { values: [long[0]], more: 2 });
});

test("what nobody wrote is not guessed at", () => {
  for (const text of ["a b", "a, ", ", a", '"a', '"a"b', '"a" , b', '"\\x"', "a,  b", "… and 0 more"]) {
    assert.equal(parseLoggedList(text), undefined, text);
  }
});
