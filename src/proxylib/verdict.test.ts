import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COUNT_MAX,
  countOf,
  drop,
  error,
  inject,
  more,
  nop,
  Operation,
  operationOf,
  ParseError,
  pass,
  type Verdict,
} from "./verdict.ts";

test("operation and count come back as they went in", () => {
  for (const count of [1, 2, 37, 65_536, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 40 + 3, COUNT_MAX]) {
    for (const [make, operation] of [
      [more, Operation.More],
      [pass, Operation.Pass],
      [drop, Operation.Drop],
      [inject, Operation.Inject],
    ] as const) {
      assert.equal(operationOf(make(count)), operation, `operation of ${count}`);
      assert.equal(countOf(make(count)), count);
    }
  }
  assert.equal(operationOf(nop), Operation.Nop);
  assert.equal(operationOf(error(ParseError.InvalidFrameLength)), Operation.Error);
  assert.equal(countOf(error(ParseError.InvalidFrameLength)), 3);
});

test("a count that is no whole number of at least 1 makes an invalid verdict", () => {
  for (const count of [0, -1, -30, 0.5, 1.5, Number.NaN, Infinity, -Infinity, COUNT_MAX + 1, undefined, "3"]) {
    assert.equal(operationOf(pass(count as number)), Operation.Invalid, `pass(${count})`);
    assert.equal(operationOf(more(count as number)), Operation.Invalid, `more(${count})`);
  }
});

test("a number that no function made is no operation", () => {
  for (const verdict of [Number.NaN, -8, -6, 1.5, 6, 15]) {
    const known: Operation[] = [Operation.Nop, Operation.More, Operation.Pass, Operation.Drop, Operation.Inject];
    const operation = operationOf(verdict as Verdict);
    assert.ok(!known.includes(operation) || countOf(verdict as Verdict) < 1, `${verdict} is taken as ${operation}`);
  }
});
