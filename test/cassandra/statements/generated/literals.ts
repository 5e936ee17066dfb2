import { type Choices, oneOf } from "./choices.ts";

/** Pieces of strings that end a string, or look like something, where the reader is careless. */
const PIECES = [
  ...[
    "x",
    "'",
    "''",
    '"',
    "$",
    "$$",
    "\\",
    "--",
    "//",
    "/*",
    "*/",
    ";",
    "\n",
    "\r",
    "\0",
    " ",
    "(",
    ")",
    "{",
    "}",
    "?",
  ],
  ...[" FROM ks.t ", " from ks.t", "INTO ks.t ", " IF EXISTS", " IF NOT EXISTS", "APPLY BATCH", "; DROP TABLE ks.t;"],
  ...["BEGIN BATCH ", "USE ks", "INSERT INTO ks.t (a) VALUES (1)", "ä", "\u212A", "\uFF07", "\u{1F600}", "\u2028"],
];

const CONSTANTS = [
  ...["1", "0", "-7", "1.5", "-2.5e10", "1e-3", "true", "FALSE", "0xCAFE", "0x", "12h30m", "2w", "P1Y2M", "PT3S"],
  ...["12345678-1234-1234-1234-123456789abc", "abcdefab-cdef-abcd-efab-cdefabcdefab", "NaN", "Infinity", "-NaN"],
];

/** A string's content. */
export function aString(choices: Choices): string {
  let text = "";
  for (let pieces = choices.below(5); pieces > 0; pieces--) text += oneOf(choices, PIECES);
  return text;
}

export function aConstant(choices: Choices): string {
  return oneOf(choices, CONSTANTS);
}
