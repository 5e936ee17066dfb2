import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { escapeControls } from "./escape.ts";

const CASES: readonly [string, string, string][] = [
  ["plain text", "system.peers é 鍵 😀", "system.peers é 鍵 😀"],
  ["line ends and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
  ["a terminal command", "\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
  ["NUL and DEL", "\u0000\u007f", "\\x00\\x7f"],
  ["a C1 control", "\u009b31m", "\\u009b31m"],
  ["a backslash", "\\x1b", "\\\\x1b"],
  ["text that runs backwards", "\u202etxt.exe", "\\u202etxt.exe"],
  ["line separators", "\u2028\u2029", "\\u2028\\u2029"],
  ["a raw byte", "k\udcff", "k\\xff"],
  ["other lone surrogates", "\ud800 \udc00", "\\ud800 \\udc00"],
];

for (const [name, text, escaped] of CASES) {
  test(`escapes ${name}`, () => assert.equal(escapeControls(text), escaped));
}

test("nothing that controls a terminal is left, and different texts stay different", () => {
  const anyText = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      assert.doesNotMatch(escapeControls(a), /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
      assert.equal(escapeControls(a) === escapeControls(b), a === b);
    }),
  );
});
