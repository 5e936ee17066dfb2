import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRegex } from "../../lib/regex/regex.ts";
import { buildRuleIndex } from "./build-rule-index.ts";
import { anyOf, type Condition } from "./condition.ts";
import { RequestView } from "./request-view.ts";
import { NO_RULE } from "./rule-index.ts";

const COUNT = 1000;

function regex(attribute: number, source: string): Condition {
  const compiled = compileRegex(source);
  assert.ok("regex" in compiled);
  return { kind: "regex", attribute, regex: compiled.regex };
}

function rules(conjunction: (index: number) => readonly Condition[]): readonly (readonly Condition[])[] {
  return Array.from({ length: COUNT }, (_, index) => conjunction(index));
}

test("expressions that differ in any literal text cost a request few tests", () => {
  const sets: Readonly<Record<string, (index: number) => readonly Condition[]>> = {
    "own prefix": (index) => [regex(0, `^user:${10_000 + index}:[0-9]+$`)],
    "own text, shared prefix": (index) => [regex(0, `^/.*:end${10_000 + index}`)],
    "own prefix, shared text": (index) => [regex(0, `^user:${10_000 + index}:.*settings-page`)],
    "own value of another attribute": (index) => [anyOf(1, [`t${index}`]), regex(0, "[0-9]")],
    "own prefix of another attribute": (index) => [
      { kind: "prefix", attribute: 1, prefix: `${10_000 + index}` },
      regex(0, "."),
    ],
    "own pair of attributes": (index) => [
      anyOf(0, [`a${index % 40}`]),
      anyOf(1, [`b${Math.floor(index / 40)}`]),
      regex(0, "."),
    ],
  };
  for (const [name, conjunction] of Object.entries(sets)) {
    const { testsMax } = buildRuleIndex(rules(conjunction));
    assert.ok(testsMax <= 4, `${name}: ${testsMax} tests`);
  }
});

test("the cost of expressions that nothing tells apart is counted", () => {
  assert.equal(buildRuleIndex(rules((index) => [regex(0, `[0-9]{${1 + (index % 90)}}`)])).testsMax, COUNT);
  assert.equal(buildRuleIndex(rules((index) => [regex(0, `^user:[0-9]{${1 + (index % 90)}}`)])).testsMax, COUNT);
});

test("rules with large sets of names are found, with bounded copies", () => {
  const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const index = buildRuleIndex(
    rules((rule) => [
      anyOf(0, names),
      anyOf(1, names),
      anyOf(2, [`a${rule % 7}`, `b${rule % 11}`]),
      anyOf(3, [...names, `r${rule}`]),
    ]),
  );
  const view = new RequestView(["x", "y", "z", "w"], [0, 1, 2, 3]);
  view.fill({ x: "n99", y: "n50", z: "b9", w: "r990" });
  assert.equal(index.find(view, NO_RULE), NO_RULE);
  view.fill({ x: "n99", y: "n50", z: "b1", w: "r991" });
  assert.equal(index.find(view, NO_RULE), 991);
});
