import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileRegex, REGEX_PROGRAM_SIZE_MAX, REGEX_SOURCE_LENGTH_MAX, type Regex } from "./regex.ts";

function regex(source: string): Regex {
  const compiled = compileRegex(source);
  assert.ok("regex" in compiled, JSON.stringify(compiled));
  return compiled.regex;
}

function error(source: string): string {
  const compiled = compileRegex(source);
  assert.ok("error" in compiled, `${source} compiled`);
  return compiled.error;
}

test("a search is not anchored unless the expression is", () => {
  assert.equal(regex("user:[0-9]+").test("the user:12 key"), true);
  assert.equal(regex("^user:[0-9]+").test("the user:12 key"), false);
  assert.equal(regex("^user:[0-9]+$").test("user:12"), true);
  assert.equal(regex("^user:[0-9]+$").test("user:12\n"), false);
  assert.equal(regex("").test(""), true);
});

test("what is not RE2 syntax is refused with a reason", () => {
  for (const [source, reason] of [
    ["(", /missing closing \)/],
    ["*", /missing argument to repetition operator/],
    ["(?=a)", /RE2 syntax.*`\(\?=`/],
    ["(a)\\1", /invalid escape sequence: `\\1`/],
    ["a{1001}", /invalid repeat count/],
    ["(?<=a)b", /invalid named capture/],
  ] as const) {
    assert.match(error(source), reason);
  }
});

test("length and size are bounded", () => {
  regex("a".repeat(REGEX_SOURCE_LENGTH_MAX));
  assert.match(error("a".repeat(REGEX_SOURCE_LENGTH_MAX + 1)), /1025 characters; at most 1024/);
  assert.match(error("(?:a?b?c?d?e?){900}"), new RegExp(`at most ${REGEX_PROGRAM_SIZE_MAX} are allowed`));
  assert.equal(regex(`${"(".repeat(500)}a${")".repeat(500)}`).test("ba"), true);
});

test("half of a surrogate pair in the expression is refused", () => {
  assert.match(error("a\udcff"), /\\x\{dcXX\}/);
});

test("a lone surrogate in the text is one character, and only an expression that means it matches it", () => {
  const cases: readonly (readonly [source: string, text: string, matches: boolean])[] = [
    ["a.b", "a\udcffb", true],
    ["^.$", "\udcff", true],
    ["a[^x]b", "a\udcffb", true],
    ["\\x{dcff}", "a\udcffb", true],
    ["\\x{dcfe}", "a\udcffb", false],
    ["\ufffd", "\udcff", false],
    ["[a-z]", "\udcff", false],
    // Halves of a pair do not match inside it.
    ["\\x{de00}", "\u{1f600}", false],
    ["\\x{d83d}", "\u{1f600}", false],
    ["^\u{1f600}$", "\u{1f600}", true],
    ["^.$", "\u{1f600}", true],
    ["\\x{de00}abc", "\u{1f600}abc", false],
  ];
  for (const [source, text, matches] of cases) {
    assert.equal(regex(source).test(text), matches, `${source} on ${JSON.stringify(text)}`);
  }
});

test("an expression whose automaton outgrows its memory still answers, like one that does not", () => {
  const large = regex("(?:a|b)*a(?:a|b){13}c");
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 400 }), (text) => {
      assert.equal(large.test(text), /a[ab]{13}c/.test(text));
    }),
    { numRuns: 200 },
  );
});

test("agrees with the platform's own expressions where both mean the same", () => {
  const piece = fc.constantFrom("a", "b", "[ab]", ".", "(a|b)", "a*", "b+", "(ab)?", "a{2}", "^a", "b$");
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), fc.array(texts, { maxLength: 8 }), (pieces, subjects) => {
      const source = pieces.join("");
      for (const text of subjects) assert.equal(regex(source).test(text), new RegExp(source, "u").test(text), source);
    }),
    { numRuns: 500 },
  );
});

test("repetitions that would make a giant are refused before they are compiled", () => {
  for (const source of [`(?:${"ab".repeat(490)}){1000}`, `${"x".repeat(200)}(?:a{500}b){2}c{3}`]) {
    const result = compileRegex(source);
    assert.ok("error" in result, source.slice(0, 40));
    assert.match(result.error, /its repetitions may take up to [0-9]+ instructions/);
  }
  for (const source of ["^([a-z0-9-]{1,63}[.]){1,4}example$", "^[0-9]{4}-[0-9]{2}-[0-9]{2}/[a-f0-9]{32}$", "a{1000}"]) {
    assert.ok("regex" in compileRegex(source), source);
  }
});

test("the length of a match counts only at the beginning of the text", () => {
  assert.equal(regex("io\\.k8s").lengthAtStart("io.k8s.name"), 6);
  assert.equal(regex(".*k8s").lengthAtStart("io.k8s.k8s.name"), 10);
  assert.equal(regex("k8s").lengthAtStart("io.k8s"), undefined);
  assert.equal(regex("k8s").lengthAtStart("a"), undefined);
  assert.equal(regex("x*").lengthAtStart("a"), 0);
});
