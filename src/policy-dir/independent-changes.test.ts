import assert from "node:assert/strict";
import test from "node:test";
import type { PolicyDocument } from "../policy/rule.ts";
import type { FileChange } from "./file-ledger.ts";
import { independentChanges } from "./independent-changes.ts";

/** `file: before > after` */
function change(text: string): FileChange {
  const [file = "", before = "", after = ""] = text.split(/: | > /);
  const documents = (keys: string): PolicyDocument[] =>
    [...keys].map((key) => ({ key, source: { kind: "file", name: file }, mode: "enforce", rules: [] }));
  return { file, before: documents(before), documents: documents(after) };
}

for (const [changes, expected] of [
  [
    ["a:  > x", "b:  > y"],
    ["a", "b"],
  ],
  [
    ["a: x > y", "b: z > "],
    ["a", "b"],
  ],
  [
    ["a: x > ", "c: z > ", "b:  > x"],
    ["c", "ab"],
  ],
  [["a: x > y", "b: y > z", "c: z > x"], ["abc"]],
  [["a: x > ", "b: y > ", "c:  > xy"], ["abc"]],
  [[], []],
] as const) {
  test(`${changes.join(", ")}: ${expected.join(" | ")}`, () => {
    const groups = independentChanges(changes.map(change));
    assert.deepEqual(
      groups.map((group) => group.map(({ file }) => file).join("")),
      expected,
    );
  });
}
