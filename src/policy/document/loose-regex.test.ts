import assert from "node:assert/strict";
import test from "node:test";
import { looseness } from "./loose-regex.ts";

const ANYWHERE = "matches anywhere in the value";
const DOT = "has a `.`, which stands for any character";
const BOTH = "matches anywhere in the value, and its `.` stands for any character";

for (const [source, expected] of [
  ["^sales[.]orders$", undefined],
  ["^sales\\.orders$", undefined],
  ["\\Asales", undefined],
  ["(?i)^sales", undefined],
  ["^sales\\..*", undefined],
  [".*", undefined],
  ["^a|^b", undefined],
  ["^(a|b)", undefined],
  ["^[a|.b.c]", undefined],
  ["^[]|.]b", undefined],
  ["sales", ANYWHERE],
  ["sales$", ANYWHERE],
  ["^a|b", ANYWHERE],
  ["a|^b", ANYWHERE],
  ["\\^sales", ANYWHERE],
  ["system\\..*", ANYWHERE],
  ["^sales.orders$", DOT],
  ["^a.*b.+c.d", DOT],
  ["attendance.daily_records", BOTH],
] as const) {
  test(`${source}: ${expected}`, () => assert.equal(looseness(source)?.message, expected));
}
