import { type ChildProcess, spawn } from "node:child_process";

/** Of each process, the last this many characters are kept for error messages. */
const OUTPUT_CHARACTERS_MAX = 65_536;
const STOP_GRACE_MS = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that was started and will be ended. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Settles when it has ended and its output is complete. */
  readonly ended: Promise<Ended>;
  /** What it wrote to both streams, most recent part. */
  output(): string;
  /** Settles as soon as the output has a match; fails if the process ends without one. */
  outputMatches(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Sends SIGTERM, waits for the end, and fails if there is none in time. */
  stop(): Promise<Ended>;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

interface Capture {
  text: string;
  /** Called with every piece. */
  readonly listeners: Set<() => void>;
}

function capture(child: ChildProcess): Capture {
  const captured: Capture = { text: "", listeners: new Set() };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      captured.text = (captured.text + chunk).slice(-OUTPUT_CHARACTERS_MAX);
      for (const listener of captured.listeners) listener();
    });
  }
  return captured;
}

async function matching(captured: Capture, pattern: RegExp, ended: Promise<Ended>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(captured.text)) resolve();
    };
    captured.listeners.add(look);
    void ended.then(() => reject(new Error(`it ended without ${pattern}:\n${captured.text}`)));
    look();
  });
}

/** Starts a program without input. It does not outlive this process. */
export async function startProcess(
  program: string,
  options: readonly string[],
  start: StartOptions = {},
): Promise<RunningProcess> {
  const child = spawn(program, options, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...start.environment },
    ...(start.cwd === undefined ? {} : { cwd: start.cwd }),
  });
  const captured = capture(child);
  const killNow = (): void => void child.kill("SIGKILL");
  process.once("exit", killNow);
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => {
      process.off("exit", killNow);
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));

  const stop = async (): Promise<Ended> => {
    child.kill("SIGTERM");
    let forced = false;
    const timer = setTimeout(() => {
      forced = true;
      killNow();
    }, STOP_GRACE_MS);
    const result = await ended.finally(() => clearTimeout(timer));
    if (forced)
      throw new Error(`${program} did not end within ${STOP_GRACE_MS / 1000} s of SIGTERM:\n${captured.text}`);
    return result;
  };
  return {
    pid: child.pid as number,
    ended,
    output: () => captured.text,
    outputMatches: (pattern) => matching(captured, pattern, ended),
    kill: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

export interface Finished extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runProcess(
  program: string,
  options: readonly string[],
  start: StartOptions = {},
): Promise<Finished> {
  const child = spawn(program, options, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...start.environment },
    ...(start.cwd === undefined ? {} : { cwd: start.cwd }),
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      texts[name] += chunk;
    });
  }
  return await new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...texts }));
  });
}
