// A host process without a data plane, for tests of its supervision: it reads what it is told, attaches with its token as
// often as it has to, reports, drains, and has a child of its own as a host has extension hosts.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HostSelfReport } from "../../src/api/host-report.ts";
import { BOOTSTRAP_FD, type HostBootstrap } from "../../src/host/bootstrap.ts";

const REPORT_MS = 100;
const ATTACH_MS = 50;

const text = readFileSync(BOOTSTRAP_FD, "utf8");
// Whoever has started it was killed before it could tell anything.
if (text === "") process.exit(0);
const { token, version, index, instance, configKey, stateDir } = JSON.parse(text) as HostBootstrap;
const child = spawn("sleep", ["3600"], { stdio: "ignore" });
const socketPath = join(stateDir, "attach.sock");
let draining = false;
let attached: Socket | undefined;

function report(): HostSelfReport {
  const extensionHost = {
    extensions: [],
    state: "running",
    confined: false,
    unconfined: [],
    problems: [],
    changed: false,
    connections: 0,
  } as const;
  return {
    instance,
    index,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    version,
    configKey,
    state: draining ? "draining" : "running",
    connections: 1,
    counters: {},
    listeners: [],
    records: { made: 0, lost: 0, spooled: 0 },
    extensionHosts: [{ ...extensionHost, pid: child.pid ?? 0, memoryBytes: 0, restarts: 0, recordsDropped: 0 }],
    ends: [],
  };
}

function drain(): void {
  draining = true;
  child.kill();
  const done = (): never => process.exit(0);
  if (attached === undefined) done();
  else attached.end(`${JSON.stringify({ report: report() })}\n`, done);
}

function attach(): void {
  const socket = connect(socketPath, () => {
    attached = socket;
    socket.write(`${JSON.stringify({ token, report: report() })}\n`);
  });
  createInterface({ input: socket })
    .on("line", drain)
    .on("error", () => {});
  socket.on("error", () => {});
  socket.on("close", () => {
    attached = undefined;
    setTimeout(attach, ATTACH_MS);
  });
}

attach();
process.on("SIGTERM", drain);
setInterval(() => {
  // A test that failed has removed what this process serves.
  if (!existsSync(stateDir)) process.kill(-process.pid, "SIGKILL");
  attached?.write(`${JSON.stringify({ report: report() })}\n`);
}, REPORT_MS);
