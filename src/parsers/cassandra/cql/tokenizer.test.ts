import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { Tokenizer } from "./tokenizer.ts";

/** Around each text: bytes that end strings and begin statements, which nothing may be read of. */
const AROUND = "' from x.y */";

/** The tokens of a text as `kind:text`, up to the end or what is wrong. */
function tokensOf(text: string | Buffer, before = AROUND, behind = AROUND): string[] {
  const bytes = Buffer.concat([Buffer.from(before), Buffer.from(text as string), Buffer.from(behind)]);
  const tokens = new Tokenizer();
  tokens.reset(bytes, Buffer.byteLength(before), bytes.length - Buffer.byteLength(behind));
  const found: string[] = [];
  for (let kind = tokens.next(); kind !== "end"; kind = tokens.next()) {
    if (kind === "invalid") {
      assert.equal(tokens.next(), "invalid", "an invalid token is the last one");
      assert.equal(tokens.nextMark(), "invalid");
      return [...found, `! ${tokens.problem}`];
    }
    found.push(`${kind}:${bytes.toString("utf8", tokens.start, tokens.end)}`);
  }
  return found;
}

/** Where the lexers of the servers cut, with which each case here was compared (5.0.9). */
const CUTS: readonly (readonly [text: string, ...tokens: string[]])[] = [
  ["SELECT a From t", "SELECT:SELECT", "word:a", "FROM:From", "word:t"],
  ["fromx xfrom from_ _", "word:fromx", "word:xfrom", "word:from_", "! a character is not part of CQL"],
  ["ks . t;", "word:ks", ".:.", "word:t", ";:;"],
  ["'a''b'''", "string:'a''b'''"],
  ["'' ''''", "string:''", "string:''''"],
  ["'a", "! a string does not end"],
  ["'a''", "! a string does not end"],
  ['"a""b""" """"', 'quoted:"a""b"""', 'quoted:""""'],
  ['""', 'quoted:""'],
  ['""x', 'quoted:""', "word:x"],
  ['"a', "! a quoted name does not end"],
  ['"""', "! a quoted name does not end"],
  ["$$a'b$c$$x", "string:$$a'b$c$$", "word:x"],
  ["$$$$ $$a$$$$b$$", "string:$$$$", "string:$$a$$", "string:$$b$$"],
  ["$$a$$$", "string:$$a$$", "! a character is not part of CQL"],
  ["$$a", "! a string does not end"],
  ["a--b\nc//d\re", "word:a", "word:c", "word:e"],
  ["a -- b", "word:a", "! a comment does not end"],
  ["a // b", "word:a", "! a comment does not end"],
  ["a/*/ ' */b/**/c/* /* */d", "word:a", "word:b", "word:c", "word:d"],
  ["a /*/", "word:a", "! a comment does not end"],
  ["a/b-c", "word:a", "symbol:/", "word:b", "symbol:-", "word:c"],
  [
    "1 -2 1.5 -1.5e-3 1E+5 1.e5 7.",
    "literal:1",
    "literal:-2",
    "literal:1.5",
    "literal:-1.5e-3",
    "literal:1E+5",
    "literal:1.e5",
    "literal:7.",
  ],
  ["a-1--\n2", "word:a", "literal:-1", "literal:2"],
  ["1.5.", "literal:1.5", ".:."],
  ["1..2", "literal:1", ".:.", ".:.", "literal:2"],
  ["0xAB0 0X", "literal:0xAB0", "literal:0X"],
  ["1y2Mo3d -4us 5µs 6NS", "literal:1y2Mo3d", "literal:-4us", "literal:5µs", "literal:6NS"],
  ["P2011-02-03T04:05:06,", "literal:P2011-02-03T04:05:06", "symbol:,"],
  ["-P1Y2DT3S PT1H p1y", "symbol:-", "word:P1Y2DT3S", "word:PT1H", "word:p1y"],
  ["deadBEEF-0000-1111-2222-a23456789abc", "literal:deadBEEF-0000-1111-2222-a23456789abc"],
  ["12345678-0000-1111-2222-a23456789abc)", "literal:12345678-0000-1111-2222-a23456789abc", "):)"],
  ["-nan -Infinity", "symbol:-", "NAN:nan", "symbol:-", "INFINITY:Infinity"],
  [
    "? :a a<=1 != {'a':[1]}",
    "symbol:?",
    "symbol::",
    "word:a",
    "word:a",
    "symbol:<",
    "symbol:=",
    "literal:1",
    "symbol:!=",
    "symbol:{",
    "string:'a'",
    "symbol::",
    "symbol:[",
    "literal:1",
    "symbol:]",
    "symbol:}",
  ],
  ["\t\r\n a", "word:a"],
];

it("cuts where the servers do", () => {
  for (const [text, ...tokens] of CUTS) assert.deepEqual(tokensOf(text), tokens, text);
});

it("does not understand numbers that run into words, which servers cut in two", () => {
  const texts = ["1from", "1yfrom", "1.from", "1e5from", "1e", "1e-", "0xfrom", "00x1", "1_0", "1d2", "1mox", "1µ"];
  const uuids = ["deadbeef-0000-1111-2222-a23456789abcx", "12345678-0000-1111-2222-a23456789abc1"];
  for (const text of [...texts, ...uuids, "P2011-02-03T04:05:06from", "1é"]) {
    assert.deepEqual(tokensOf(text), ["! a number runs into a word"], text);
  }
});

it("does not understand a minus that runs into a word, which servers cut in two", () => {
  for (const text of ["-nanfrom", "-infinityfrom", "-name", "-id", "-PT1Hfrom", "-P1", "-P1Y2", "-Px", "-P7W1D"]) {
    assert.deepEqual(tokensOf(text), ["! a minus runs into a word"], text);
  }
});

it("does not understand bytes that begin no token", () => {
  const foreign = [
    "\0",
    "\f",
    "\v",
    "\u001b",
    "\u007f",
    "#",
    "@",
    "&",
    "|",
    "^",
    "~",
    "`",
    "\\",
    "_a",
    "!",
    "! =",
    "$",
    "$ $",
    "é",
    "\u00a0",
    "\ufeff",
  ];
  for (const text of foreign)
    assert.deepEqual(tokensOf(text), ["! a character is not part of CQL"], JSON.stringify(text));
});

it("takes no longer word for a keyword", () => {
  for (const keyword of ["if", "from", "select", "apply", "batch", "select_masked", "materialized"]) {
    for (let length = 1; length <= 64; length++) {
      const word = `${keyword}${"x".repeat(length)}`;
      assert.deepEqual(tokensOf(word), [`word:${word}`]);
    }
  }
});

it("takes only UTF-8 in strings, quoted names and comments", () => {
  const invalid = [
    "80",
    "bf",
    "c0a7",
    "c1bf",
    "c327",
    "e08080",
    "e0a027",
    "eda080",
    "edbfbf",
    "f0808080",
    "f08fbfbf",
    "f4908080",
    "f5808080",
    "ff",
    "c3",
    "e282",
    "f09f98",
  ];
  for (const hex of invalid) {
    const bytes = Buffer.from(hex, "hex");
    for (const [open, close] of [
      ["'", "'"],
      ['"', '"'],
      ["$$", "$$"],
      ["/*", "*/"],
      ["--", "\n"],
    ] as const) {
      const text = Buffer.concat([Buffer.from(open), bytes, Buffer.from(close)]);
      assert.deepEqual(tokensOf(text, "", ""), ["! the text is not UTF-8"], `${open} ${hex}`);
    }
  }
  for (const text of ["'\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}'", "'\0\u001b'"]) {
    assert.deepEqual(tokensOf(text), [`string:${text}`]);
  }
});

it("reads the same between other bytes, and comes to an end for any", () => {
  const pieces = [
    "'",
    '"',
    "$$",
    "--",
    "//",
    "/*",
    "*/",
    "-",
    "1",
    "e",
    "P",
    "from",
    "if",
    "\n",
    " ",
    ".",
    ";",
    "é",
    "0x",
    "!",
  ];
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => Buffer.from(parts.join(""))),
  );
  fc.assert(
    fc.property(text, (bytes) => {
      assert.deepEqual(tokensOf(bytes, "", ""), tokensOf(bytes));
    }),
    { numRuns: 2000 },
  );
});

it("passes from mark to mark where it would have come token by token", () => {
  const marks = new Set([
    "SELECT",
    "FROM",
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "BEGIN",
    "BATCH",
    "APPLY",
    "IF",
    ";",
    "end",
    "invalid",
  ]);
  const pieces = [
    "'if'",
    '"from"',
    "$$ if $$",
    "-- if\n",
    "// from\r",
    "/* into */",
    "- ",
    "1 ",
    "1e5 ",
    "P1Y ",
    "from ",
    "IF ",
    "ifs ",
    "table ",
    "apply ",
    "batch ",
    "\n",
    ".",
    ";",
    "0x0 ",
    "!=",
    "where ",
    "deadbeef-0000-1111-2222-a23456789abc ",
    "1from",
    "#",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 15 }), (parts) => {
      const bytes = Buffer.from(parts.join(""));
      const slow = new Tokenizer();
      const fast = new Tokenizer();
      slow.reset(bytes, 0, bytes.length);
      fast.reset(bytes, 0, bytes.length);
      for (;;) {
        const mark = fast.nextMark();
        let token = slow.next();
        while (!marks.has(token)) token = slow.next();
        assert.deepEqual([mark, fast.start, fast.end, fast.problem], [token, slow.start, slow.end, slow.problem]);
        if (mark === "end" || mark === "invalid") return;
      }
    }),
    { numRuns: 1000 },
  );
});
