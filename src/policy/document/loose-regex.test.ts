import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { compileRegex } from "../../lib/regex/regex.ts";
import { looseness } from "./loose-regex.ts";

const ANYWHERE = "matches anywhere in the value";
const OPEN = "matches longer values, too";
const DOT = "has a `.`, which stands for any character";
const WILD = "has a `.*`, which stands for any text, not for a dot and what follows";

const write = (strict: string): string => `if nothing else is meant, write \`${strict}\``;

for (const [source, messages, hint] of [
  // Strict, or open in so many words.
  ["^sales[.]orders$", []],
  ["^sales\\.orders$", []],
  ["\\Asales\\z", []],
  ["(?i)^sales$", []],
  ["^sales\\..*", []],
  ["^sales[.]", []],
  ["^sales[\\.].*", []],
  ["^user:a.*", []],
  [".*", []],
  [".*_log$", []],
  ["^a$|^b$", []],
  ["^(a|b)$", []],
  ["(^a$|^b$)", []],
  ["^sales[.]daily_\\w+$", []],
  ["^sales[.]x[0-9]+", []],
  ["^[a|.b.c]$", []],
  ["^[]|.]b$", []],
  ["^[[:alpha:].]$", []],
  ["^a{2}$", []],
  ["^..$", []],
  ["^.a$", []],
  ["^\\Qa.b\\E$", []],
  ["^\\x{1F600}$", []],
  ["^sales\\b", []],
  // The release post's.
  ["system\\..*", [ANYWHERE], write("^system\\..*")],
  ["system_schema\\..*", [ANYWHERE], write("^system_schema\\..*")],
  ["attendance.daily_records", [ANYWHERE, DOT], write("^attendance[.]daily_records$")],
  // Tables.
  ["^attendance.daily_records$", [DOT], write("^attendance[.]daily_records$")],
  ["^attendance[.]daily_records", [OPEN], write("^attendance[.]daily_records$")],
  ["^ks\\.t", [OPEN], write("^ks\\.t$")],
  ["^ks.t", [OPEN, DOT], write("^ks[.]t$")],
  ["^ks.\\w+$", [DOT], "write `[.]` for a dot"],
  ["^ks.(a|b)$", [DOT], "write `[.]` for a dot"],
  ["^(ks|ls).t$", [DOT], "write `[.]` for a dot"],
  ["^k+.t$", [DOT], "write `[.]` for a dot"],
  ["^(a.b|c)$", [DOT], "write `[.]` for a dot"],
  ["^\\d.x$", [DOT], "write `[.]` for a dot"],
  ["^system.*", [WILD], write("^system[.].*")],
  ["^system.*$", [WILD], write("^system[.].*$")],
  ["^system.+_roles$", [WILD], write("^system[.].+_roles$")],
  ["system.*", [ANYWHERE, WILD], write("^system[.].*")],
  ["..x", [ANYWHERE], write("^..x$")],
  ["system", [ANYWHERE], write("^system$")],
  ["sales$", [ANYWHERE], write("^sales$")],
  ["\\^sales", [ANYWHERE], write("^\\^sales$")],
  [".*sales", [OPEN], write("^.*sales$")],
  // Not simple enough to say what was meant.
  ["^a|b", [ANYWHERE], "begin it, and each alternative, with `^`, end it with `$`"],
  ["a|^b", [ANYWHERE], "begin it, and each alternative, with `^`, end it with `$`"],
  ["^sales|", [ANYWHERE], "begin it, and each alternative, with `^`, end it with `$`"],
  ["^a$|^b", [OPEN], "end it with `$`"],
  ["^(a|b)", [OPEN], "end it with `$`"],
  ["(?i)^sales", [OPEN], "end it with `$`"],
  ["(?P<x>sales)$", [ANYWHERE], "begin it, and each alternative, with `^`"],
  ["\\Qa.b\\E$", [ANYWHERE], "begin it, and each alternative, with `^`"],
  ["^a.*b.+c.d$", [DOT, WILD], write("^a[.].*b.+c[.]d$")],
] as const) {
  test(`${source}: ${messages.join(", and ")}`, () => {
    const compiled = compileRegex(source);
    assert.ok("regex" in compiled, source);
    const found = looseness(source);
    assert.deepEqual(
      [found?.message, found?.hint],
      messages.length === 0 ? [undefined, undefined] : [messages.join(", and "), hint],
    );
  });
}

test("what is advised is not loose itself", () => {
  for (const source of ["system\\..*", "attendance.daily_records", "^ks.t", "system.*", "^a.*b.c", ".*sales", "x.+y"]) {
    const strict = /`(.*)`/.exec(looseness(source)?.hint ?? "")?.[1] ?? assert.fail(source);
    assert.equal(looseness(strict), undefined, strict);
  }
});

test("what is advised matches nothing that was not matched before", () => {
  const piece = fc.constantFrom(
    ...[
      "a",
      "b",
      "_",
      ".",
      ".",
      ".*",
      ".+",
      "a*",
      "a?",
      "b{2}",
      "\\.",
      "[.]",
      "[ab]",
      "\\w",
      "-",
      "^",
      "$",
      "|",
      "(",
      ")",
    ],
  );
  const text = fc.string({ unit: fc.constantFrom(..."aab_.-^"), maxLength: 8 });
  let compared = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.array(text, { maxLength: 30 }), (pieces, texts) => {
      const source = pieces.join("");
      const compiled = compileRegex(source);
      if ("error" in compiled) return;
      const strict = /^if nothing else is meant, write `(.*)`$/.exec(looseness(source)?.hint ?? "")?.[1];
      if (strict === undefined) return;
      const better = compileRegex(strict);
      assert.ok("regex" in better, `${source} became ${strict}`);
      for (const each of [...texts, source, strict].filter((candidate) => better.regex.test(candidate))) {
        compared++;
        assert.ok(compiled.regex.test(each), `${JSON.stringify(each)}: ${strict} and not ${source}`);
      }
    }),
    { numRuns: 3000 },
  );
  // Else the property would hold for want of cases.
  assert.ok(compared > 300, `only ${compared} texts were matched`);
});
