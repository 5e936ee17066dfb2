import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldValues, sharedNamespace } from "./fold.ts";
import { CONDITIONS_MAX } from "./limits.ts";

function folded(values: readonly string[], listMax = 3): readonly string[] | undefined {
  const atoms = foldValues(
    values.map((text) => ({ text, prefix: false })),
    listMax,
  );
  return atoms?.map(({ text, prefix }) => (prefix ? `${text}*` : text)).sort();
}

const numbered = (count: number, name: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(index));

const CASES: readonly [name: string, values: readonly string[], expected: readonly string[] | undefined][] = [
  ["few values stay what they are", ["a/1", "a/2", "b"], ["a/1", "a/2", "b"]],
  ["many of one namespace are its prefix", numbered(4, (i) => `alliance/fleet/${i}`), ["alliance/fleet/*"]],
  [
    "few namespaces stay apart",
    [...numbered(9, (i) => `alliance/fleet/${i}`), ...numbered(9, (i) => `alliance/crew/${i}`)],
    ["alliance/crew/*", "alliance/fleet/*"],
  ],
  ["many namespaces are what is above them", numbered(9, (i) => `user:${i}:name`), ["user:*"]],
  ["every delimiter ends a prefix", numbered(9, (i) => `a-b_c.d|e${i}`), ["a-b_c.d|*"]],
  ["a single stranger stays apart", [...numbered(9, (i) => `session:${i}`), "motd"], ["motd", "session:*"]],
  ["a short prefix is worse than a list", numbered(9, (i) => `u:${i}`), numbered(9, (i) => `u:${i}`)],
  ["and better than nothing", numbered(99, (i) => `u:${i}`), ["u:*"]],
  ["where nothing ends, they begin alike", numbered(99, (i) => `session${i}`), ["session*"]],
  ["they have nothing in common", numbered(99, (i) => `${i}x`), undefined],
  [
    "many small namespaces get one prefix each",
    numbered(8, (i) => `ns${i}`).flatMap((name) => [`${name}/a`, `${name}/b`, `${name}/c`]),
    numbered(8, (i) => `ns${i}/*`),
  ],
  ["a value may be what others begin with", ["a/b/", ...numbered(5, (i) => `a/b/${i}`)], ["a/b/*"]],
];

for (const [name, values, expected] of CASES) test(name, () => assert.deepEqual(folded(values), expected));

test("the list's length is chosen", () => {
  const values = numbered(5, (index) => `a/b/${index}`);
  assert.deepEqual(folded(values, 5), values);
  assert.deepEqual(folded(["a/b/0"], 0), ["a/b/*"]);
});

test("a namespace ends at a delimiter", () => {
  const atoms = ["a/bc/1", "a/bd/1"].map((text) => ({ text, prefix: false }));
  assert.equal(sharedNamespace(atoms), "a/");
  assert.equal(sharedNamespace([{ text: "ab", prefix: false }]), "");
});

test("every value is allowed by what they are folded to, in bounded length, and folding again changes nothing", () => {
  const unit = fc.constantFrom("a", "b", "/", ":", "\u{1f600}", "\ud83d", "\udcff");
  const value = fc.string({ unit, minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.uniqueArray(value, { minLength: 1, maxLength: 60 }), fc.nat(4), (values, listMax) => {
      const atoms = foldValues(
        values.map((text) => ({ text, prefix: false })),
        listMax,
      );
      if (atoms === undefined) return;
      assert.ok(atoms.length <= CONDITIONS_MAX);
      for (const text of values) {
        assert.ok(
          atoms.some((atom) => (atom.prefix ? text.startsWith(atom.text) : text === atom.text)),
          text,
        );
      }
      assert.ok(atoms.every((atom) => atom.prefix || values.includes(atom.text)));
      const order = (list: typeof atoms): string[] => list.map(({ text, prefix }) => `${text} ${prefix}`).sort();
      assert.deepEqual(order(foldValues(atoms, listMax) ?? []), order(atoms));
    }),
    { numRuns: 1_000 },
  );
});
