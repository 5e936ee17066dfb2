import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments } from "../../benchmarks/arguments.ts";
import { replaceSections } from "../../benchmarks/document.ts";
import { median } from "../../benchmarks/statistics.ts";
import { formatNumber, formatTable } from "../../benchmarks/table.ts";

test("benchmarks: the median of odd and even counts", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("benchmarks: numbers have three significant digits", () => {
  assert.deepEqual([0, 0.01234, 1.234, 12.34, 123.4, 12_345].map(formatNumber), [
    "0",
    "0.012",
    "1.23",
    "12.3",
    "123",
    "12,345",
  ]);
  assert.equal(formatNumber(undefined), "–");
});

test("benchmarks: a table lines up", () => {
  assert.equal(
    formatTable(["", "value"], [["a longer name", "1"]]),
    "|               | value |\n|:--------------|------:|\n| a longer name |     1 |",
  );
});

test("benchmarks: results replace what stands between their markers and nothing else", () => {
  const document = "before\n<!-- results:a -->\nold\n<!-- /results:a -->\nafter";
  const updated = replaceSections(document, new Map([["a", "new"]]));
  assert.equal(updated, "before\n<!-- results:a -->\n\nnew\n\n<!-- /results:a -->\nafter");
  assert.equal(replaceSections(updated, new Map([["a", "new"]])), updated);
  assert.throws(() => replaceSections(document, new Map([["b", "lost"]])), /results:b/);
});

test("benchmarks: arguments that make no sense are all named", () => {
  assert.equal(readArguments([]).quick, false);
  assert.equal(readArguments(["--only", "micro", "--rounds", "3"]).rounds, 3);
  assert.throws(
    () => readArguments(["--only", "everything", "--rounds", "0", "--update-docs"]),
    /--only takes micro, policy, proxy.*\n--rounds takes.*\n--update-docs needs/,
  );
});
