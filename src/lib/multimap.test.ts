import assert from "node:assert/strict";
import { test } from "node:test";
import { addTo, removeFrom } from "./multimap.ts";

test("items stand under their keys, and a key with nothing under it goes", () => {
  const index = new Map<string, Set<number>>();
  addTo(index, "a", 1);
  addTo(index, "a", 2);
  addTo(index, "b", 1);
  removeFrom(index, "a", 1);
  removeFrom(index, "b", 3);
  removeFrom(index, "c", 1);
  assert.deepEqual(
    [...index],
    [
      ["a", new Set([2])],
      ["b", new Set([1])],
    ],
  );
  removeFrom(index, "b", 1);
  assert.deepEqual([...index.keys()], ["a"]);
});
