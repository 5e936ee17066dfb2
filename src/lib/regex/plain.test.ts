import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { plainExpression, testPlain } from "./plain.ts";

test("expressions that are a text", () => {
  const table: readonly (readonly [source: string, text: string | undefined, atStart?: boolean, atEnd?: boolean])[] = [
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
  for (const [source, text, atStart = false, atEnd = false] of table) {
    const expected = text === undefined ? undefined : { text, atStart, atEnd };
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
  const seen = { plain: 0, found: 0 };
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
        for (const text of [...subjects, plain.text, `${plain.text}a`, `a${plain.text}`]) {
          const found = testPlain(plain, text);
          if (found) seen.found++;
          assert.equal(found, program.test(text), `${source} on ${JSON.stringify(text)}`);
        }
      },
    ),
    { numRuns: 5000 },
  );
  assert.ok(seen.plain > 500 && seen.found > 1_000, JSON.stringify(seen));
});
