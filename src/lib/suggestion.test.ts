import assert from "node:assert/strict";
import test from "node:test";
import { didYouMean, suggestion } from "./suggestion.ts";

const commands = ["get", "gat", "set", "delete", "flush_all", "writeGroup"];

for (const [word, expected] of [
  ["gett", "get"],
  ["GET", "get"],
  ["writegroup", "writeGroup"],
  ["flushall", "flush_all"],
  ["gt", "get"],
  ["gtea", "get"],
  ["dleete", "delete"],
  ["replace", undefined],
  ["x", undefined],
  ["", undefined],
  ["something else", undefined],
  ["g".repeat(65), undefined],
] as const) {
  test(`${JSON.stringify(word.slice(0, 20))} suggests ${expected}`, () => {
    assert.equal(suggestion(word, commands), expected);
  });
}

test("the first of two equally near candidates is taken", () => {
  assert.equal(suggestion("ge", ["gee", "get"]), "gee");
});

test("a hint is a question", () => {
  assert.equal(didYouMean("gett", commands), "did you mean `get`?");
  assert.equal(didYouMean("quit", commands), undefined);
});
