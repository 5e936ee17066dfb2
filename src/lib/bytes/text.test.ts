import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeText } from "./text.ts";

test("valid UTF-8 becomes its characters", () => {
  for (const text of ["", "alliance/fleet", "größe", "日本", "a😀b", "\u0000\u007f"]) {
    assert.equal(decodeText(Buffer.from(text)), text);
  }
});

test("only the bytes of the range are read", () => {
  assert.equal(decodeText(Buffer.from("xxabcyy\xff", "latin1"), 2, 5), "abc");
});

test("a byte that is no UTF-8 becomes a lone surrogate", () => {
  assert.equal(decodeText(Buffer.of(0x61, 0xff, 0x62)), "a\udcffb");
  // An overlong slash, a surrogate in UTF-8, a cut character, a continuation alone.
  assert.equal(decodeText(Buffer.of(0xc0, 0xaf)), "\udcc0\udcaf");
  assert.equal(decodeText(Buffer.of(0xed, 0xb3, 0xbf)), "\udced\udcb3\udcbf");
  assert.equal(decodeText(Buffer.of(0xe6, 0x97)), "\udce6\udc97");
  assert.equal(decodeText(Buffer.of(0x80, 0xc3, 0xa9)), "\udc80é");
});

test("different bytes never become the same text", () => {
  const bytes = fc.uint8Array({ maxLength: 6 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const same = Buffer.compare(a, b) === 0;
      assert.equal(decodeText(Buffer.from(a)) === decodeText(Buffer.from(b)), same);
    }),
    { numRuns: 2000 },
  );
});
