import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LruMap } from "./lru-map.ts";

test("the least recently used entry goes first", () => {
  const map = new LruMap<string, number>(3);
  map.set("a", 1);
  map.set("b", 2);
  map.set("c", 3);
  assert.equal(map.get("a"), 1);
  map.set("d", 4);
  assert.equal(map.get("b"), undefined);
  assert.deepEqual([map.get("a"), map.get("c"), map.get("d")], [1, 3, 4]);
});

test("a heavy entry takes the place of several; one that is too heavy is not kept, nor what it replaces", () => {
  const map = new LruMap<string, number>(3);
  map.set("a", 1);
  map.set("b", 2);
  map.set("c", 3, 2);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], [undefined, 2, 3]);
  map.set("b", 4, 4);
  assert.deepEqual([map.get("b"), map.get("c"), map.size], [undefined, 3, 1]);
});

test("it does what a list that is searched and shifted does", () => {
  const step = fc.record({ set: fc.boolean(), key: fc.nat(8), weight: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new LruMap<number, number>(6);
      let model: { key: number; value: number; weight: number }[] = [];
      for (const [index, { set, key, weight }] of steps.entries()) {
        const known = model.find((entry) => entry.key === key);
        if (set) {
          map.set(key, index, weight);
          model = [...model.filter((entry) => entry.key !== key), { key, value: index, weight }];
          while (model.reduce((sum, entry) => sum + entry.weight, 0) > 6) model.shift();
        } else {
          assert.equal(map.get(key), known?.value);
          if (known !== undefined) model = [...model.filter((entry) => entry.key !== key), known];
        }
        assert.equal(map.size, model.length);
      }
    }),
  );
});
