import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeJsonMessage, JsonMessageReader } from "./json-message.ts";

test("a document arrives whole in whatever pieces, and what comes behind it is given back", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (value, behind, sizes) => {
        const bytes = Buffer.concat([encodeJsonMessage(value), behind]);
        const reader = new JsonMessageReader(100_000);
        let at = 0;
        for (let turn = 0; at < bytes.length; turn++) {
          const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] as number));
          at += piece.length;
          const taken = reader.take(piece);
          if (taken === undefined) continue;
          assert.deepEqual(taken.value, JSON.parse(JSON.stringify(value)));
          assert.deepEqual(Buffer.concat([taken.rest, bytes.subarray(at)]), Buffer.from(behind));
          return;
        }
        assert.fail("no document came");
      },
    ),
  );
});

test("a length above the limit is refused before anything is kept for it, and what is no JSON as well", () => {
  const message = encodeJsonMessage("x".repeat(100));
  assert.throws(() => new JsonMessageReader(50).take(message.subarray(0, 4)), /102 bytes came; 50 are the limit/);
  const nonsense = Buffer.from([0, 0, 0, 2, 0x7b, 0x7b]);
  assert.throws(() => new JsonMessageReader(50).take(nonsense), SyntaxError);
});
