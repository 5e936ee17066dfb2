import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSince } from "./since.ts";

const NOW = Date.UTC(2026, 0, 2);

test("durations before now, and times", () => {
  const table: [text: string, ms: number | undefined][] = [
    ["0s", NOW],
    ["90s", NOW - 90_000],
    ["5m", NOW - 300_000],
    ["1h30m", NOW - 5_400_000],
    ["1d", NOW - 86_400_000],
    ["250ms", NOW - 250],
    ["2026-01-01T00:00:00Z", NOW - 86_400_000],
    ["2026-01-01T01:00:00.5+01:00", NOW - 86_400_000 + 500],
    ["", undefined],
    ["5", undefined],
    ["m", undefined],
    ["-5m", undefined],
    ["1.5h", undefined],
    ["5 m", undefined],
    ["yesterday", undefined],
    ["2026-01-01", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-01-01T00:00:00", undefined],
    [`${"1s".repeat(40)}`, undefined],
  ];
  for (const [text, ms] of table) assert.equal(parseSince(text, NOW), ms, text);
});
