import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUidMap, userIdFor } from "./user-id.ts";

test("the numbers of a namespace are read as the kernel writes them", () => {
  assert.deepEqual(parseUidMap("         0          0 4294967295\n"), [[0, 4_294_967_294]]);
  assert.deepEqual(parseUidMap("0 100000 65536\n65536 1000 1\n"), [
    [0, 65_535],
    [65_536, 65_536],
  ]);
  assert.deepEqual(parseUidMap(""), []);
});

test("a name has one user, another name another one, of a range that nobody uses", () => {
  const whole = [[0, 4_294_967_294]] as const;
  assert.equal(userIdFor("a", whole), userIdFor("a", whole));
  assert.notEqual(userIdFor("a", whole), userIdFor("b", whole));
  for (let at = 0; at < 1_000; at++) {
    const user = userIdFor(`${at}`, whole) ?? 0;
    assert.ok(user >= 1_879_048_192 && user <= 2_147_352_575, `${user}`);
    const small = userIdFor(`${at}`, [[0, 65_535]]) ?? 0;
    assert.ok(small >= 60_578 && small <= 61_183, `${small}`);
  }
});

test("where all numbers are somebody's there is none", () => {
  assert.equal(userIdFor("a", [[0, 999]]), undefined);
  assert.equal(userIdFor("a", []), undefined);
});
