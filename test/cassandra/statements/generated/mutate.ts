import { type Choices, oneOf } from "./choices.ts";

const CHANGES_MAX = 2;
const SPAN_MAX = 12;

/** What is put into texts: everything that begins or ends something. */
const PIECES = [
  ...[
    "'",
    '"',
    "$$",
    "$",
    "--",
    "//",
    "/*",
    "*/",
    "\n",
    "\r",
    " ",
    ";",
    ",",
    ".",
    "..",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\\",
  ],
  ...[
    "-",
    "/",
    "*",
    "=",
    "?",
    ":",
    "\0",
    "\f",
    "\u00A0",
    "\u212A",
    "\u{1F600}",
    "''",
    '""',
    "-nan",
    "-infinity",
    "1",
    "0x",
  ],
  ...["1e", "1.", "5d", "P1D", "-P1Y", "12345678-1234-1234-1234-123456789abc", "abcdef01-", "true", " FROM evil.x "],
  ...[
    " IF EXISTS",
    " IF NOT EXISTS",
    "IF",
    " WHERE a = ",
    " from ",
    "evil.",
    "evil",
    ".x",
    " AS ",
    " TABLE ",
    " JSON ",
  ],
  ...[
    " APPLY BATCH",
    "BEGIN BATCH ",
    "; DELETE FROM evil.x WHERE a = 1",
    " INSERT INTO evil.x (a) VALUES (1) ",
    " USING ",
  ],
  ...[
    " KEYSPACE ",
    " ON ",
    " TO ",
    "SELECT ",
    "expr(",
    " AND b = 'x'",
    " LIKE evil.x ",
    " IN ",
    "é",
    "\xB5s",
    "E",
    "_",
  ],
].map((piece) => Buffer.from(piece));

/** Changes a text in a few places: byte by byte, or with a piece of CQL or of another text. */
export function mutate(text: Buffer, other: Buffer, choices: Choices): Buffer {
  let bytes = text;
  for (let changes = 1 + choices.below(CHANGES_MAX); changes > 0; changes--) bytes = changed(bytes, other, choices);
  return bytes;
}

function changed(bytes: Buffer, other: Buffer, choices: Choices): Buffer {
  const at = choices.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + choices.below(SPAN_MAX));
  const before = bytes.subarray(0, at);
  const behind = bytes.subarray(end);
  switch (choices.below(8)) {
    case 0:
      return Buffer.concat([before, oneOf(choices, PIECES), bytes.subarray(at)]);
    case 1:
      return Buffer.concat([before, behind]);
    case 2:
      return Buffer.concat([before, oneOf(choices, PIECES), behind]);
    case 3:
      return Buffer.concat([before, Buffer.of(choices.below(256)), bytes.subarray(at + 1)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([before, other.subarray(choices.below(other.length + 1))]);
    default:
      return withoutASpace(bytes, at);
  }
}

/** What it separated sticks together. */
function withoutASpace(bytes: Buffer, from: number): Buffer {
  const at = bytes.indexOf(" ", from);
  return at < 0 ? bytes : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
}
