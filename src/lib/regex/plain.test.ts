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
const subject = fc.string({ unit: fc.constantFrom(..."ab.$\\-^\n]é\u{1f600}"), maxLength: 8 });

test("what is plain finds what RE2 finds", () => {
  const seen = { plain: 0, several: 0, found: 0 };
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.array(subject, { minLength: 1, maxLength: 10 }),
      (pieces, subjects) => {
        const source = pieces.join("");
        const plain = plainExpression(source);
        if (plain === undefined) return;
        let program: RE2JS;
        try {
          program = RE2JS.compile(source);
        } catch {
          return;
        }
        seen.plain++;
        if (plain.texts.length > 1) seen.several++;
        for (const text of [...subjects, ...plain.texts.flatMap((text) => [text, `${text}a`, `a${text}`])]) {
          const found = testPlain(plain, text);
          if (found) seen.found++;
          assert.equal(found, program.test(text), `${source} on ${JSON.stringify(text)}`);
        }
      },
    ),
    { numRuns: 10_000 },
  );
  assert.ok(seen.plain > 500 && seen.several > 10 && seen.found > 1_000, JSON.stringify(seen));
});
