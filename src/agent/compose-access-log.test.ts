import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Logger, silentLogger } from "../lib/log.ts";
import { EventRing } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { openAccessLog } from "./compose-access-log.ts";

const CONNECTION = anyConnection();

test("records that are lost are told in the log, not only in the status", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-access-log-"));
  t.after(() => rm(directory, { recursive: true }));
  const told: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => told.push(`${JSON.stringify(fields)} ${message}`),
  };
  const ring = new EventRing();
  const log = await openAccessLog(join(directory, "access.log"), ring, logger);
  const noText = { name: Object.create(null) } as Record<string, string>;
  ring.record(CONNECTION, "Request", "Forwarded", undefined, noText);
  ring.record(CONNECTION, "Request", "Forwarded", undefined, { name: "2" });
  await log[Symbol.asyncDispose]();
  assert.equal(told.length, 1);
  assert.match(told[0]!, /"lost":1.* the access log loses records/);
});

test("a file that cannot be taken is a wrong configuration, with the reason", async () => {
  await assert.rejects(openAccessLog("/dev/stdout", new EventRing(), silentLogger), {
    code: "WEIR_CONFIG_INVALID",
    message: /^accessLog \/dev\/stdout cannot be opened: it is no plain file/,
  });
});
