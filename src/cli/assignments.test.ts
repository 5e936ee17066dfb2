import assert from "node:assert/strict";
import { test } from "node:test";
import { assignments } from "./assignments.ts";

test("all that is wrong with assignments is told at once", () => {
  assert.deepEqual(
    [...assignments(["a=1", "b=x=y"], ["a", "b"])],
    [
      ["a", "1"],
      ["b", "x=y"],
    ],
  );
  assert.throws(() => assignments(["a=1", "a=2", "b", "colour=red"], ["a", "b", "color"]), {
    message: /a is given twice; "b" has no value: write b=VALUE; there is no option "colour" to change \(.*color.*\)/,
  });
});
