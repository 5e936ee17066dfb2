import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { BOOTSTRAP_FD, type HostBootstrap } from "../../host/bootstrap.ts";
import { processStart } from "../process-start.ts";
import type { HostProcess, HostProcesses } from "./host-process.ts";

/** The sources in a checkout, the built JavaScript in a published package. */
const SUFFIX = extname(import.meta.url);
const CONDITIONS = SUFFIX === ".ts" ? ["--conditions=weir-source"] : [];
const HOST_MAIN = fileURLToPath(new URL(`../../host/main${SUFFIX}`, import.meta.url));

/** What a host needs of the agent's environment; the rest, which may hold secrets, stays with the agent. */
const ENVIRONMENT = /^(PATH|TZ|LANG|LC_[A-Z]+|TMPDIR|WEIR_[A-Z_]+)$/;

/** Real processes of the operating system. */
export class SystemHostProcesses implements HostProcesses {
  private readonly stateDir: string;
  private readonly main: string;
  private readonly boot: string;

  /** @param main The program; tests have one of their own. */
  constructor(stateDir: string, main: string = HOST_MAIN) {
    this.stateDir = stateDir;
    this.main = main;
    this.boot = bootId();
  }

  async start(index: number): Promise<HostProcess> {
    // The arguments after the program say to people which host this is; it reads nothing there.
    const about = [`--host=${index}`, `--state-dir=${this.stateDir}`];
    const child = spawn(
      process.execPath,
      [...CONDITIONS, "--disable-warning=ExperimentalWarning", this.main, ...about],
      {
        // A session of its own: signals of a terminal and the end of the agent's group do not reach it.
        detached: true,
        cwd: "/",
        stdio: ["ignore", "inherit", "inherit", "pipe"],
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name))),
      },
    );
    await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    let startedAt: string;
    try {
      startedAt = this.startOf(child.pid as number);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    const host = new ChildHost(child, startedAt);
    if (host.start === "") throw new Error(`it ended at once: ${await host.ended}`);
    return host;
  }

  find(pid: number, start: string): HostProcess | undefined {
    const runs = (): boolean => this.startOf(pid) === start;
    return start !== "" && runs() ? new FoundHost(pid, start, runs) : undefined;
  }

  /** With the boot: after another one the same number may begin at the same tick. Empty if there is no such process. */
  private startOf(pid: number): string {
    const ticks = processStart(pid);
    return ticks === "" ? "" : `${ticks}@${this.boot}`;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** A child of this process. */
class ChildHost implements HostProcess {
  readonly pid: number;
  readonly start: string;
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly channel: Writable;

  constructor(child: ChildProcess, start: string) {
    this.child = child;
    this.pid = child.pid as number;
    this.start = start;
    this.channel = child.stdio[BOOTSTRAP_FD] as Writable;
    // A host that ends before it was told shows that by its end.
    this.channel.on("error", () => {});
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.channel.destroy();
        endGroup(this.pid);
        resolve(signal === null ? `exited with code ${code}` : `killed by ${signal}`);
      });
    });
  }

  tell(bootstrap: HostBootstrap): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.channel.destroy();
        resolve();
      };
      this.channel.once("close", resolve);
      this.channel.end(JSON.stringify(bootstrap), done);
    });
  }

  signal(signal: "SIGTERM" | "SIGKILL"): void {
    this.child.kill(signal);
  }

  look(): void {}

  release(): void {
    this.channel.destroy();
    this.child.unref();
  }
}

/** A child of somebody who is no more. Its end is seen when somebody looks. */
class FoundHost implements HostProcess {
  readonly pid: number;
  readonly start: string;
  readonly ended: Promise<string>;
  private readonly runs: () => boolean;
  private end: (reason: string) => void;

  constructor(pid: number, start: string, runs: () => boolean) {
    this.pid = pid;
    this.start = start;
    this.runs = runs;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.end = resolve;
  }

  async tell(): Promise<void> {
    throw new Error("a host that runs already was told what it must know by whoever started it");
  }

  signal(signal: "SIGTERM" | "SIGKILL"): void {
    try {
      if (this.runs()) process.kill(this.pid, signal);
    } catch {
      // It has ended meanwhile, which the next look shows.
    }
  }

  look(): void {
    try {
      if (this.runs()) return;
      // Somebody else may have the number by now, and a group of that number is theirs then.
      if (processStart(this.pid) === "") endGroup(this.pid);
    } catch {
      // It cannot be seen at present, for example with too many files open: the next look will tell.
      return;
    }
    this.end("ended; how is not known, since an agent before this one had started it");
  }

  release(): void {}
}

/** A host leads a process group. What it had started and what does not notice the end by itself is ended with it. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // There is nobody left, which is what is wanted.
  }
}
