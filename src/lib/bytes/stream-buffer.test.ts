import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StreamBuffer } from "./stream-buffer.ts";

function filled(...pieces: readonly string[]): StreamBuffer {
  const buffer = new StreamBuffer();
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) buffer.release();
    buffer.accept(Buffer.from(piece, "latin1"));
  }
  return buffer;
}

test("bytes that were held and bytes of the chunk are one sequence", () => {
  const buffer = filled("abc", "defg");
  assert.equal(buffer.length, 7);
  assert.equal(buffer.text(), "abcdefg");
  assert.equal(buffer.text(2, 5), "cde");
  assert.equal(buffer.copy(1, 6).toString(), "bcdef");
  assert.deepEqual([buffer.at(0), buffer.at(2), buffer.at(3), buffer.at(6)], [97, 99, 100, 103]);
  assert.deepEqual([buffer.at(-1), buffer.at(7)], [-1, -1]);
});

test("a sequence is found across the border, and not behind the end", () => {
  const buffer = filled("ab\r", "\ncd");
  assert.equal(buffer.indexOf(Buffer.from("\r\n")), 2);
  assert.equal(buffer.indexOf(Buffer.from("\r\n"), 3), -1);
  assert.equal(buffer.indexOf(0x0a), 3);
  assert.equal(buffer.includes("b\r\nc"), true);
  assert.equal(buffer.includes("b\r\nc", 0, 4), false);
});

test("a chunk may be part of a larger area, whose other bytes are not seen", () => {
  const buffer = new StreamBuffer();
  buffer.accept(Buffer.from("xxabcyy"), 2, 5);
  assert.equal(buffer.text(), "abc");
  assert.equal(buffer.indexOf(0x79), -1);
  assert.equal(buffer.at(3), -1);
});

test("gather makes the beginning contiguous and refuses what is not there", () => {
  const buffer = filled("abc", "defg");
  assert.equal(buffer.contiguousLength, 3);
  buffer.gather(5);
  assert.ok(buffer.contiguousLength >= 5);
  assert.equal(buffer.buffer.toString("latin1", buffer.start, buffer.start + 5), "abcde");
  assert.equal(buffer.text(), "abcdefg");
  assert.throws(() => buffer.gather(8), RangeError);
});

test("released bytes no longer depend on the chunk's memory", () => {
  const buffer = new StreamBuffer();
  const chunk = Buffer.from("abc");
  buffer.accept(chunk);
  buffer.consume(1);
  buffer.release();
  chunk.fill(0);
  assert.equal(buffer.text(), "bc");
});

test("a failed search goes on where it ended", () => {
  const buffer = new StreamBuffer();
  const needle = Buffer.from("\r\n");
  let read = 0;
  for (let round = 0; round < 1000; round++) {
    // Counting the bytes that indexOf reads shows whether it begins anew.
    const chunk = Buffer.from("x");
    const original = chunk.indexOf.bind(chunk);
    chunk.indexOf = ((value: number, from?: number) => {
      read += chunk.length - (from ?? 0);
      return original(value, from);
    }) as typeof chunk.indexOf;
    buffer.accept(chunk);
    assert.equal(buffer.indexOf(needle), -1);
    buffer.release();
  }
  assert.ok(read <= 1000, `${read} bytes were read to search 1000`);
});

test("a search after consuming begins anew", () => {
  const buffer = filled("abab");
  assert.equal(buffer.indexOf(0x63), -1);
  buffer.consume(2);
  buffer.release();
  buffer.accept(Buffer.from("c"));
  assert.equal(buffer.indexOf(0x63), 2);
});

test("it behaves as one plain buffer", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("accept" as const), bytes: fc.uint8Array({ maxLength: 40, max: 3 }) }),
    fc.record({ kind: fc.constant("consume" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant("gather" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({
      kind: fc.constant("search" as const),
      needle: fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 }),
      from: fc.nat(20),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const buffer = new StreamBuffer();
      let plain = Buffer.alloc(0);
      for (const action of steps) {
        if (action.kind === "accept") {
          buffer.release();
          buffer.accept(Buffer.from(action.bytes));
          plain = Buffer.concat([plain, action.bytes]);
        } else if (action.kind === "consume") {
          const count = Math.floor(action.share * plain.length);
          buffer.consume(count);
          plain = plain.subarray(count);
        } else if (action.kind === "gather") {
          buffer.gather(Math.floor(action.share * plain.length));
        } else {
          assert.equal(buffer.indexOf(action.needle, action.from), plain.indexOf(action.needle, action.from));
        }
        assert.equal(buffer.length, plain.length);
        assert.deepEqual(buffer.copy(), Buffer.from(plain));
      }
    }),
    { numRuns: 1000 },
  );
});
