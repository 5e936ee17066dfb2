import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileRegex } from "./regex.ts";

test("the literal text of an expression", () => {
  const table: readonly (readonly [source: string, prefix: string, substring: string])[] = [
    ["^user:", "user:", ""],
    ["\\Auser:", "user:", ""],
    ["user:", "", "user:"],
    ["^(user:)\\d+:x", "user:", ":x"],
    ["^user:(a|b):profile", "user:", ":profile"],
    ["^/.*secret", "/", "secret"],
    ["(^ab+)c", "ab", "bc"],
    ["^(get|gex):x", "ge", ":x"],
    ["^a|^b", "", ""],
    ["^ab|^ac", "a", ""],
    ["^ab|ac", "", "a"],
    ["a?bc", "", "bc"],
    ["ab*", "", "a"],
    ["(ab)?", "", ""],
    ["foo(bar|baz)+qux", "", "fooba"],
    ["[[:alnum:]-]+abc", "", "abc"],
    ["[]x]abc", "", "abc"],
    ["[^]x]abc", "", "abc"],
    ["[\\]x]abc", "", "abc"],
    ["\\x41\\x{1F600}\\.\\t", "", "A\u{1f600}.\t"],
    ["\\Qa.b\\E+c", "", "a.b"],
    ["\\pN\\p{Greek}\\PLab", "", "ab"],
    ["ab\\b$", "", "ab"],
    ["a{2}bc", "", "abc"],
    ["{a}", "", "{a}"],
    ["(?P<name>ab)(?<other>c)", "", "abc"],
    ["(?s:ab)(?U)c", "", "abc"],
    // Letters have other cases, and not only in ASCII.
    ["(?i)user:1", "", ":1"],
    ["(?i:ab)cd", "", "cd"],
    ["(?i)a(?-i)bc", "", "bc"],
    ["(a(?i)b|cd)12", "", "12"],
    ["(?m)^ab", "", "ab"],
    ["(?m:^ab)", "", "ab"],
    // Not certain, so nothing.
    ["\\101", "", ""],
    ["a{01}", "", ""],
    ["[a-[:alpha:]x", "", ""],
    ["", "", ""],
    ["a|b", "", ""],
  ];
  for (const [source, prefix, substring] of table) {
    const compiled = compileRegex(source);
    if ("error" in compiled) assert.equal(source, "[a-[:alpha:]x", compiled.error);
    else assert.deepEqual({ ...compiled.regex.literal }, { prefix, substring }, source);
  }
});

const piece = fc.constantFrom(
  ...["a", "b", "ab", "A", "k", "1", ":", "é", "\u{1f600}", "\\x{dcff}", "\\x61", "\\n", "\\141", "\\Qa.\\E", "\\Qb"],
  ...[
    ".",
    "\\d",
    "\\w",
    "\\pL",
    "\\p{Greek}",
    "[ab]",
    "[^a]",
    "[]a]",
    "[[:alpha:]]",
    "[a-c\\]]",
    "[-a]",
    "[a-]",
    "[\\x{61}b]",
  ],
  ...[
    "^",
    "$",
    "\\A",
    "\\z",
    "\\b",
    "\\B",
    "(?i)",
    "(?m)",
    "(?-i)",
    "(?s)",
    "(?U)",
    "(?i:",
    "(?m-i:",
    "(",
    "(?:",
    "(?P<n>",
  ],
  ...[")", ")", ")", "|", "*", "+", "?", "{2}", "{0,1}", "{1,}", "{0}", "{,2}", "{", "}", "*?", "\\.", "\\-"],
);
const unit = fc.constantFrom(..."abcAKk1:.\n]-{}éα\u{1f600}".split(/(?:)/u), "\udcff", "\u212a", "\ud83d", "{,2}");

/** Texts that have a chance to match: pieces of the expression itself, and random text. */
function subjects(source: string, random: readonly string[]): readonly string[] {
  const plain = source.replace(/\(\?[a-zA-Z<>-]*:?|\\[AzbBQE]|[()^$|*+?]/g, "");
  return [plain, plain.replace(/\{[0-9,]*\}|\\/g, ""), plain.toLowerCase(), plain.toUpperCase(), ...random];
}

test("whatever matches has the literal", () => {
  let matches = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 9 }),
      fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 20 }),
      (pieces, random) => {
        const source = pieces.join("");
        const compiled = compileRegex(source);
        if ("error" in compiled) return;
        const { regex } = compiled;
        for (const text of subjects(source, random)) {
          if (!regex.test(text)) continue;
          if (regex.literal.prefix !== "" || regex.literal.substring !== "") matches++;
          assert.ok(text.startsWith(regex.literal.prefix), `${source} on ${JSON.stringify(text)}`);
          assert.ok(text.includes(regex.literal.substring), `${source} on ${JSON.stringify(text)}`);
        }
      },
    ),
    { numRuns: 5000 },
  );
  // Else the property would hold for want of cases.
  assert.ok(matches > 500, `only ${matches} matches had a literal`);
});
