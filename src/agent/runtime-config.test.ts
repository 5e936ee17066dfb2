import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, silentLogger } from "../lib/log.ts";
import { parseConfig } from "./config/load-config.ts";
import { RuntimeConfig, type RuntimeConfigListener } from "./runtime-config.ts";

function bench(logger: Logger = silentLogger, text = "drainMs: 7\n") {
  const heard: unknown[] = [];
  const listener: RuntimeConfigListener = {
    onEnforcement: async (mode) => void heard.push(mode),
    onLogLevel: (level) => void heard.push(level),
    onLimits: ({ connectionsMax, connectTimeoutMs }) => void heard.push([connectionsMax, connectTimeoutMs]),
    onChanged: (change) => void heard.push(change),
  };
  const config = new RuntimeConfig(parseConfig("/etc/weir.yaml", text), listener, logger);
  return { heard, config };
}

test("a change reaches whom it concerns, and is shown beside what is configured", async () => {
  const { heard, config } = bench();
  const { values } = config;
  await config.change({ connectionsMax: 9, logLevel: "debug", drainMs: 8 });
  assert.deepEqual(heard, [[9, 5000], "debug", { connectionsMax: 9, logLevel: "debug", drainMs: 8 }]);
  assert.equal(values.drainMs, 8);
  await config.change({ policyEnforcement: "always" });
  assert.deepEqual(heard.slice(-2), ["always", { policyEnforcement: "always" }]);
  await config.change({ drainMs: 7 });
  const options = new Map(config.list().map((option) => [option.name, option]));
  assert.deepEqual(options.get("drainMs"), { name: "drainMs", value: 7, changeable: true });
  assert.deepEqual(options.get("connectionsMax"), {
    name: "connectionsMax",
    value: 9,
    changeable: true,
    configured: 10000,
  });
  assert.deepEqual(options.get("file"), { name: "file", value: "/etc/weir.yaml", changeable: false });
});

test("every change is written into the log", async () => {
  const lines: string[] = [];
  const { config } = bench({ ...silentLogger, warn: (fields) => void lines.push(JSON.stringify(fields)) });
  await config.change({ policyEnforcement: "never" });
  assert.match(lines[0] ?? "", /"before":.*"default".*"after":.*"never"/);
});

test("hosts and extensions are told as the file has them", () => {
  const text =
    "hosts: 3\nextensions: [./a.ts, {module: b, allow: {network: true}}]\nextensionHosts: {memoryMiB: 100}\n";
  const told = Object.fromEntries(
    bench(silentLogger, text)
      .config.list()
      .map(({ name, value, changeable }) => [name, changeable ? "changeable" : value]),
  );
  assert.equal(told["hosts"], 3);
  assert.deepEqual(told["extensions"], ["./a.ts", "b"]);
  const limits = ["memoryMiB=100", "bufferedMiB=16", "connectionsMax=10000", "callMs=1500", "answerMs=30000"];
  assert.deepEqual(told["extensionHosts"], limits);
});
