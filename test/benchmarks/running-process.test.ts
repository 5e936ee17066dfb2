import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../../benchmarks/proxy/free-port.ts";
import { RunningProcess } from "../../benchmarks/proxy/running-process.ts";
import { processStart } from "../../src/agent/process-start.ts";

/** Listens, and starts a child in a session of its own which nobody ends; with `--dies` it then dies at SIGTERM. */
const PROGRAM = `
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { detached: true, stdio: "ignore" });
  process.on("SIGTERM", () => process.exit());
  child.on("spawn", () => require("node:net").createServer((s) => s.destroy()).listen(+process.argv[1], "127.0.0.1"));
`;

async function start(): Promise<RunningProcess> {
  const port = await freePort("127.0.0.1");
  return RunningProcess.start([process.execPath, "-e", PROGRAM, String(port)], "127.0.0.1", port);
}

test("benchmarks: a child with a session of its own counts, and ends with what started it", async () => {
  await using running = await start();
  const { pids } = running;
  assert.equal(pids.length, 2);
  await running[Symbol.asyncDispose]();
  assert.deepEqual(pids.map(processStart), ["", ""]);
});

test("benchmarks: a child whose parent was killed is ended all the same", async () => {
  await using running = await start();
  const [parent, child] = running.pids as [number, number];
  process.kill(parent, "SIGKILL");
  while (running.pids.length > 0) await new Promise(setImmediate);
  assert.notEqual(processStart(child), "");
  await running[Symbol.asyncDispose]();
  assert.equal(processStart(child), "");
});
