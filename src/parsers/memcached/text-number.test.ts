import assert from "node:assert/strict";
import { it } from "node:test";
import { isInt32, isUint32, isUint64, unsignedAt } from "./text-number.ts";

type Check = (buffer: Buffer, start: number, end: number) => boolean;

function holds(check: Check, text: string): boolean {
  // Digits around the number must not matter.
  const buffer = Buffer.from(`1${text}1`);
  return check(buffer, 1, buffer.length - 1);
}

const CASES: readonly (readonly [Check, readonly string[], readonly string[]])[] = [
  [
    isUint32,
    ["0", "7", "4294967295"],
    ["", "-1", "+1", "01", "00", "4294967296", "1x", "x1", "1 ", "99999999999999999999"],
  ],
  [isInt32, ["0", "-1", "2147483647", "-2147483648"], ["", "-", "-0", "--1", "-01", "+1", "2147483648", "-2147483649"]],
  [
    isUint64,
    ["0", "9007199254740993", "18446744073709551615"],
    ["", "-1", "01", "18446744073709551616", "99999999999999999999", "184467440737095516150", "1.0"],
  ],
];

for (const [check, good, bad] of CASES) {
  it(`${check.name} takes plain decimals in its range alone`, () => {
    for (const text of good) assert.equal(holds(check, text), true, text);
    for (const text of bad) assert.equal(holds(check, text), false, text);
  });
}

it("unsignedAt gives the number", () => {
  const buffer = Buffer.from("1073741824");
  assert.equal(unsignedAt(buffer, 0, buffer.length, 2 ** 30), 2 ** 30);
  assert.equal(unsignedAt(buffer, 0, buffer.length, 2 ** 30 - 1), -1);
  assert.equal(unsignedAt(buffer, 3, 3, 10), -1);
});
