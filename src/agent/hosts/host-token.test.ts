import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createToken, findHolder } from "./host-token.ts";

test("a token is found by its hash alone, and nothing else is taken for it", () => {
  const made = Array.from({ length: 3 }, () => createToken(randomBytes));
  const holders = made.map(({ hash }, index) => ({ index, tokenHash: hash }));
  for (const [index, { token, hash }] of made.entries()) {
    assert.match(token, /^[\w-]{43}$/);
    assert.ok(!hash.includes(token));
    assert.equal(findHolder(token, holders)?.index, index);
    const other = `${token.slice(0, -1)}${token.endsWith("A") ? "E" : "A"}`;
    for (const wrong of [other, token.slice(1), `${token}A`, hash, ""]) {
      assert.equal(findHolder(wrong, holders), undefined, wrong);
    }
  }
  assert.equal(findHolder(made[0]!.token, []), undefined);
});
