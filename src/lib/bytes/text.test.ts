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
  assert.equal(decodeText(Buffer.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
});

/** The bytes that a text stands for, by the rule that made it. */
function bytesOf(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

test("the bytes can be told from the text: different ones never become the same", () => {
  const utf8Parts = fc.constantFrom(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x9a, 0x80, 0xed, 0xef, 0xbf, 0xbd);
  const likely = fc.array(utf8Parts, { maxLength: 12 }).map((parts) => Uint8Array.from(parts));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 12 }), likely), (bytes) => {
      assert.deepEqual(bytesOf(decodeText(Buffer.from(bytes))), Buffer.from(bytes));
    }),
    { numRuns: 3_000 },
  );
});
