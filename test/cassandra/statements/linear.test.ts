import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStatement } from "../../../src/parsers/cassandra/cql/parse-statement.ts";

/** What could be read more than once for each time that it is there. */
const REPEATED = [
  ...[
    "'",
    "''",
    "'a",
    '"',
    '""',
    '"a',
    "$$",
    "$",
    "$$a",
    "--",
    "-- ",
    "--\n",
    "//",
    "/*",
    "/**/",
    "/* *",
    "*/",
    "/",
    "-",
  ],
  ...[
    "(",
    ")",
    "[",
    "{",
    "}",
    ";",
    ".",
    ",",
    "a.",
    "a ",
    "a-",
    "-n",
    "-nan",
    "1",
    "1.",
    "1e",
    "0x",
    "1d",
    "P1",
    "PT1H ",
    "P1-",
  ],
  ...[
    "abcdefab-",
    "12345678-1234-",
    "12345678-1234-1234-1234-123456789abc ",
    "if ",
    "from ",
    "where ",
    "insert into a ",
    "\n",
  ],
  ...[
    "apply ",
    "batch ",
    "\0",
    "ä",
    "\u{1F600}",
    "'ä",
    "and ",
    "a = 'x' and ",
    "delete from t where k = 1; ",
    "json ",
    "on ",
  ],
];
const BEGINNINGS = [
  "",
  "SELECT ",
  "SELECT * FROM t WHERE a = ",
  "SELECT '",
  "INSERT INTO t (a) VALUES (",
  "UPDATE t SET a = 1 WHERE k = 1 ",
  "BEGIN BATCH ",
  "CREATE TABLE t (",
  "GRANT ",
  "DROP FUNCTION f ",
  "DESCRIBE ",
];
const TIMES = 500;
/** A keyword, a number and a UUID may each look at the same bytes. */
const READS_PER_BYTE_MAX = 60;

test("a byte of a text is read a bounded number of times, whatever the text is made of", () => {
  for (const beginning of BEGINNINGS) {
    for (const repeated of REPEATED) {
      const once = readsOf(beginning + repeated.repeat(TIMES));
      const twice = readsOf(beginning + repeated.repeat(2 * TIMES));
      const what = JSON.stringify(`${beginning}${repeated}…`);
      assert.ok(
        twice.reads <= READS_PER_BYTE_MAX * twice.bytes,
        `${what}: ${twice.reads} reads of ${twice.bytes} bytes`,
      );
      // Twice the text, twice the reads, but for the beginning.
      assert.ok(
        twice.reads <= 2 * once.reads + READS_PER_BYTE_MAX,
        `${what}: ${once.reads}, then ${twice.reads} reads`,
      );
    }
  }
});

/** Parses a text and counts how many of its bytes are asked for. A method of Buffer counts as a read of all of them. */
function readsOf(text: string): { readonly bytes: number; readonly reads: number } {
  const bytes = Buffer.from(text);
  let reads = 0;
  const counting = new Proxy(bytes, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") {
        if (key !== "length") reads++;
        return value;
      }
      return (...parameters: unknown[]) => {
        reads += spanOf(String(key), parameters, target.length);
        return Reflect.apply(value, target, parameters) as unknown;
      };
    },
  });
  parseStatement(counting, 0, bytes.length);
  return { bytes: bytes.length, reads };
}

/** `slice(start, end)` in any encoding reads what is between; of all else we assume that it reads everything. */
function spanOf(method: string, [start, end]: readonly unknown[], length: number): number {
  const isSlice = /slice$/i.test(method) && typeof start === "number" && typeof end === "number";
  return isSlice ? (end as number) - (start as number) : length;
}
