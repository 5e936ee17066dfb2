import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineBuffer } from "./line-buffer.ts";

const NEWLINE = Buffer.from("\n");

function addLine(buffer: LineBuffer, text: string): void {
  buffer.addJsonText(text);
  buffer.addBytes(NEWLINE);
  buffer.endLine();
}

/** Everything that waits, taken out batch by batch, the memory given back. */
function takeAll(buffer: LineBuffer): string[] {
  const lines: string[] = [];
  for (let batch = buffer.take(); batch !== undefined; batch = buffer.take()) {
    const texts = batch.bytes.toString("latin1").split("\n").slice(0, -1);
    assert.equal(texts.length, batch.lines);
    lines.push(...texts.map((text) => JSON.parse(text)));
    buffer.giveBack(batch);
  }
  assert.equal(buffer.byteCount, 0);
  return lines;
}

test("lines of every length come out in order, also those longer than an area", () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 600_000 }));
  fc.assert(
    fc.property(fc.array(fc.array(length, { maxLength: 6 }), { maxLength: 3 }), (rounds) => {
      const buffer = new LineBuffer();
      for (const [round, lengths] of rounds.entries()) {
        const texts = lengths.map((count, i) => `${round}${i}`.padEnd(count, "x"));
        for (const text of texts) addLine(buffer, text);
        assert.equal(buffer.lines, texts.length);
        assert.equal(
          buffer.byteCount,
          texts.reduce((sum, text) => sum + text.length + 3, 0),
        );
        assert.deepEqual(takeAll(buffer), texts);
      }
    }),
    { numRuns: 30 },
  );
});

test("a line that is dropped leaves nothing behind, wherever it ended", () => {
  const buffer = new LineBuffer();
  addLine(buffer, "first");
  buffer.addJsonText("y".repeat(300_000));
  assert.ok(buffer.byteCountWithLine > 300_000);
  buffer.dropLine();
  addLine(buffer, "second");
  assert.deepEqual(takeAll(buffer), ["first", "second"]);
});

test("memory that was given back is used again", () => {
  const buffer = new LineBuffer();
  const areas = new Set<ArrayBufferLike>();
  for (let i = 0; i < 20; i++) {
    addLine(buffer, "x");
    const batch = buffer.take();
    assert.ok(batch !== undefined);
    areas.add(batch.bytes.buffer);
    buffer.giveBack(batch);
  }
  assert.ok(areas.size <= 2, `${areas.size} areas for 20 batches`);
});
