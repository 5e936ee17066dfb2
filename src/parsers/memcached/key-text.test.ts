import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { asciiText, keyText } from "./key-text.ts";

/** The bytes that a text stands for, by the rule that made it. */
function bytesOf(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

describe("key text", () => {
  it("is UTF-8 where it can be, and lone surrogates where not", () => {
    const cases: readonly (readonly [number[], string])[] = [
      [[0x61], "a"],
      [[0xc3, 0xa9], "é"],
      [[0xef, 0xbf, 0xbd], "\ufffd"],
      [[0xef, 0xbb, 0xbf, 0x61], "\ufeffa"],
      [[0xf0, 0x9f, 0x9a, 0x80, 0xff], "🚀\udcff"],
      [[0xe9], "\udce9"],
      [[0xc3, 0x28], "\udcc3("],
      [[0xed, 0xa0, 0x80], "\udced\udca0\udc80"],
      [[0xc0, 0xaf], "\udcc0\udcaf"],
      [[0xe2, 0x82], "\udce2\udc82"],
    ];
    for (const [bytes, text] of cases) assert.equal(keyText(Buffer.from(bytes), 0, bytes.length), text);
  });

  it("never is the same for different keys", () => {
    const bytes = fc.uint8Array({ maxLength: 12 });
    const utf8Parts = fc.constantFrom(
      0x61,
      0xc3,
      0xa9,
      0xe2,
      0x82,
      0xac,
      0xf0,
      0x9f,
      0x9a,
      0x80,
      0xed,
      0xef,
      0xbf,
      0xbd,
    );
    const likely = fc.array(utf8Parts, { maxLength: 12 }).map((parts) => Uint8Array.from(parts));
    fc.assert(
      fc.property(fc.oneof(bytes, likely), (key) => {
        assert.deepEqual(bytesOf(keyText(Buffer.from(key), 0, key.length)), Buffer.from(key));
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes a part of a buffer", () => {
    const buffer = Buffer.from("get ключ\r\n");
    assert.equal(keyText(buffer, 4, buffer.length - 2), "ключ");
    assert.equal(asciiText(buffer, 0, 3), "get");
  });
});
