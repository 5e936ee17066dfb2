import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "./log.ts";
import { SubsystemLog } from "./subsystem-log.ts";

test("each part's errors and warnings are counted, also where the level keeps them out of the log", () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "error", human: false, output: { write: (line) => void lines.push(line) } });
  const log = new SubsystemLog(logger);
  log.of("policy").warn({}, "quiet");
  log.of("policy").error({ file: "a.yaml" }, "loud");
  log.of("policy").error({ file: "b.yaml" }, "loud");
  log.of("api").info({}, "nothing wrong");
  log.of("api").debug({}, "nothing wrong");
  assert.deepEqual(
    log.counts().filter(({ count }) => count > 0),
    [
      { level: "warning", subsystem: "policy", count: 1 },
      { level: "error", subsystem: "policy", count: 2 },
    ],
  );
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    records.map(({ subsys, file, msg }) => ({ subsys, file, msg })),
    [
      { subsys: "policy", file: "a.yaml", msg: "loud" },
      { subsys: "policy", file: "b.yaml", msg: "loud" },
    ],
  );
});
