import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { processStart } from "../../src/agent/process-start.ts";
import { processTree } from "./process-tree.ts";

const START_MS_MAX = 20_000;
const STOP_MS_MAX = 5_000;
const OUTPUT_CHARACTERS_KEPT = 2_000;

const running = new Set<ChildProcess>();
// Also when the benchmark itself is interrupted, nothing that it started goes on running.
process.on("exit", () => {
  for (const child of running) child.kill();
});

/** A program that listens on a TCP address, started by the benchmark and stopped by it. */
export class RunningProcess implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  /** All that were ever seen of it, with their starts: those that outlive it are ended with it. */
  private readonly seen = new Map<number, string>();
  private output = "";

  private constructor(command: readonly string[]) {
    const [program, ...args] = command as [string, ...string[]];
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output = (this.output + text).slice(-OUTPUT_CHARACTERS_KEPT);
      });
    }
    this.exited = once(this.child, "exit").catch((error: Error) => {
      this.output += error.message;
    });
    this.exited.then(() => running.delete(this.child));
  }

  /** Starts the program and waits until it accepts connections. Throws, with what it printed, if it never does. */
  static async start(command: readonly string[], host: string, port: number): Promise<RunningProcess> {
    const started = new RunningProcess(command);
    const deadline = Date.now() + START_MS_MAX;
    while (!(await accepts(host, port))) {
      if (!started.alive || Date.now() > deadline) {
        await started[Symbol.asyncDispose]();
        throw new Error(`"${command.join(" ")}" did not listen on ${host}:${port}: ${started.output.trim()}`);
      }
      await delay(20);
    }
    return started;
  }

  private get alive(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The process and its children; empty when it has ended. */
  get pids(): readonly number[] {
    if (!this.alive) return [];
    const pids = processTree(this.child.pid as number);
    for (const pid of pids) this.seen.set(pid, processStart(pid));
    return pids;
  }

  /** What it printed last. */
  get lastOutput(): string {
    return this.output.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The last look at what it started.
    if (this.pids.length > 0) {
      this.child.kill("SIGTERM");
      const patience = new AbortController();
      const late = delay(STOP_MS_MAX, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([this.exited, late]);
      patience.abort();
    }
    for (const [pid, start] of this.seen) {
      // The number may be another process's by now.
      if (start === "" || processStart(pid) !== start) continue;
      try {
        process.kill(pid, "SIGKILL");
      } catch {}
    }
    await this.exited;
    while ([...this.seen].some(([pid, start]) => start !== "" && processStart(pid) === start)) await delay(5);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
