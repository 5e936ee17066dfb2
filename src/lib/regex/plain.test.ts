import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { plainExpression, testPlain } from "./plain.ts";

test("expressions that are a text", () => {
  const table: readonly (readonly [
    source: string,
    texts: string | readonly string[] | undefined,
    atStart?: boolean,
    atEnd?: boolean,
  ])[] = [
    ["attendance", "attendance", false, false],
    ["^attendance\\.daily_records$", "attendance.daily_records", true, true],
    ["^attendance[.]daily_records$", "attendance.daily_records", true, true],
    ["\\Asystem\\.", "system.", true, false],
    ["^system\\..*", "system.", true, false],
    [".*records\\z", "records", false, true],
    ["", "", false, false],
    [".*", "", false, false],
    ["a\\\\$", "a\\", false, true],
    ["a\\$", "a$", false, false],
    ["^a\\.(b|c_[.]|)$", ["a.b", "a.c_.", "a."], true, true],
    ["(?:a|b)c", ["ac", "bc"], false, false],
    ["(a\\|b)", "a|b", false, false],
    ["(a[|]b|c)", ["a|b", "c"], false, false],
    ["()", "", false, false],
    ["(a)(b)", undefined],
    ["(a|b)*", undefined],
    ["(?P<n>a)", undefined],
    [`(${"a|".repeat(16)})`, undefined],
    ["attendance.daily_records", undefined],
    ["a\\.*", undefined],
    ["^a.*$", undefined],
    ["ab?", undefined],
    ["[ab]", undefined],
    ["(?i)a", undefined],
    ["a|b", undefined],
    ["a{2}", undefined],
    ["\\d", undefined],
    ["é", undefined],
  ];
  for (const [source, texts, atStart = false, atEnd = false] of table) {
    const expected = texts === undefined ? undefined : { texts: [texts].flat(), atStart, atEnd };
    assert.deepEqual(plainExpression(source), expected, source);
  }
});

const piece = fc.constantFrom(
  ...[
    "a",
    "b",
    ".",
    "\\.",
    "[.]",
    ".*",
    "*",
    "^",
    "$",
    "\\A",
    "\\z",
    "\\\\",
    "\\$",
    "[$]",
    "\\",
    "[",
    "]",
    "-",
    "\\-",
    "|",
  ],
);
const pieces = (maxLength: number): fc.Arbitrary<string> => fc.array(piece, { maxLength }).map((all) => all.join(""));
/** Anything, and what has the form of a name with a group in it. */
const source = fc.oneof(
  pieces(6),
  fc
    .record({
      start: fc.constantFrom("", "^", ".*"),
      before: pieces(2),
      alternatives: fc.array(pieces(2), { minLength: 1, maxLength: 3 }),
      behind: pieces(2),
      end: fc.constantFrom("", "$", ".*"),
    })
    .map(
      ({ start, before, alternatives, behind, end }) => `${start}${before}(${alternatives.join("|")})${behind}${end}`,
    ),
);
const subject = fc.string({ unit: fc.constantFrom(..."ab.$\\-^\n]é\u{1f600}"), maxLength: 8 });

test("what is plain finds what RE2 finds", () => {
  const seen = { plain: 0, several: 0, found: 0 };
  fc.assert(
    fc.property(source, fc.array(subject, { minLength: 1, maxLength: 10 }), (text, subjects) => {
      const plain = plainExpression(text);
      if (plain === undefined) return;
      let program: RE2JS;
      try {
        program = RE2JS.compile(text);
      } catch {
        return;
      }
      seen.plain++;
      if (plain.texts.length > 1) seen.several++;
      for (const tried of [...subjects, ...plain.texts.flatMap((one) => [one, `${one}a`, `a${one}`])]) {
        const found = testPlain(plain, tried);
        if (found) seen.found++;
        assert.equal(found, program.test(tried), `${text} on ${JSON.stringify(tried)}`);
      }
    }),
    { numRuns: 10_000 },
  );

  assert.ok(seen.plain > 500 && seen.several > 200 && seen.found > 1_000, JSON.stringify(seen));
});
