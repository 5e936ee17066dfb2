import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { suggestLines, TOO_LONG } from "./suggest-lines.ts";

async function linesOf(...pieces: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of suggestLines(Readable.from(pieces.map((piece) => Buffer.from(piece))))) lines.push(line);
  return lines;
}

test("lines are found wherever the pieces are cut", async () => {
  const text = "first\n\nzwölf\nlast";
  const bytes = Buffer.from(text);
  const bytewise = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assert.deepEqual(await linesOf(...bytewise), text.split("\n"));
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await linesOf(bytes.subarray(0, cut), bytes.subarray(cut)), text.split("\n"), `cut at ${cut}`);
  }
  assert.deepEqual(await linesOf("a\n"), ["a"]);
  assert.deepEqual(await linesOf(), []);
});

test("a line that is too long is told as one, and the next ones are read", async () => {
  const long = "x".repeat(300_000);
  assert.deepEqual(await linesOf("a\n", long, long, "y\nb\n", `${long}${long}\nc`), [
    "a",
    TOO_LONG,
    "b",
    TOO_LONG,
    "c",
  ]);
  assert.deepEqual(await linesOf(long, long, long), [TOO_LONG]);
});
