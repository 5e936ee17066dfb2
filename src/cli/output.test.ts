import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { formatOutput } from "./output.ts";

const HOSTILE = [
  "\u001b[31m",
  "\u009b31m",
  "\u202ex",
  "\u2028",
  "\u0085",
  "\u007f",
  "\ufeff",
  "two\n\u009blines",
  "ü 💩",
  "yes",
  "",
];

test("JSON and YAML cannot control a terminal, and mean what they should", () => {
  const value = { list: HOSTILE, map: Object.fromEntries(HOSTILE.map((text) => [text, text])) };
  const none = (): string => "";
  const json = formatOutput(value, "json", none);
  const yaml = formatOutput(value, "yaml", none);
  for (const text of [json, yaml]) {
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\ufeff]/);
    assert.match(text, /ü 💩/);
  }
  assert.deepEqual(JSON.parse(json), value);
  assert.deepEqual(parse(yaml), value);
});
