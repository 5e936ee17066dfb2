import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LogLevel } from "./log.ts";

function capture(level: LogLevel, human: boolean) {
  const lines: string[] = [];
  const logger = createLogger({ level, human, output: { write: (line) => void lines.push(line) } });
  return { lines, logger };
}

test("JSON lines carry time, level, message and fields", () => {
  const { lines, logger } = capture("info", false);
  logger.info({ revision: 3 }, "policy imported");
  const record = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.equal(record["level"], "info");
  assert.equal(record["msg"], "policy imported");
  assert.equal(record["revision"], 3);
  assert.match(String(record["time"]), /^\d{4}-\d\d-\d\dT/);
});

test("lines below the level are not written", () => {
  const { lines, logger } = capture("warn", false);
  logger.info({}, "quiet");
  logger.debug({}, "quiet");
  logger.warn({}, "loud");
  assert.equal(lines.length, 1);
});

test("the level may change", () => {
  const { lines, logger } = capture("warn", false);
  logger.info({}, "quiet");
  logger.setLevel("info");
  logger.info({}, "loud");
  logger.setLevel("error");
  logger.warn({}, "quiet");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ["loud"],
  );
});

test("the human form is one line, and control bytes in it are escaped", () => {
  const { lines, logger } = capture("info", true);
  logger.error({ file: "a b.yaml", count: 2 }, "bad \u001b[2J file");
  assert.match(lines[0]!, /ERROR bad \\x1b\[2J file file="a b\.yaml" count=2\n$/);
  assert.equal(lines[0]!.split("\n").length, 2);
});
