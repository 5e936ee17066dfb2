import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import type { Workload } from "./mode.ts";
import { pinned } from "./pinning.ts";

export interface LoadOptions {
  readonly to: string;
  /** Source address: the identity of the client. */
  readonly from: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly depth: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly seed: number;
  /** Processes whose CPU time is wanted. */
  readonly watch: readonly number[];
  readonly core: number | undefined;
  /** Awaited when all connections stand, before the first request. Not for longer than some seconds. */
  readonly whenConnected?: () => Promise<void>;
}

/** What the load generator prints. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly ownCpuSeconds: number;
  /** By process id. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** Puts load on one address. Throws with the tool's message when any answer was wrong, missing or late. */
export async function runLoad(tool: string, options: LoadOptions): Promise<LoadResult> {
  const [program, ...args] = pinned(options.core, [
    tool,
    ...["--to", options.to, "--from", options.from, "--workload", options.workload],
    ...["--connections", String(options.connections), "--depth", String(options.depth)],
    ...["--warmup-ms", String(options.warmupMs), "--measure-ms", String(options.measureMs)],
    ...["--seed", String(options.seed)],
    ...options.watch.flatMap((pid) => ["--watch", String(pid)]),
    ...(options.whenConnected === undefined ? [] : ["--wait"]),
  ]) as [string, ...string[]];
  const running = promisify(execFile)(program, args);
  const { child } = running;
  try {
    if (options.whenConnected !== undefined && child.stdout !== null) {
      // Whatever is wrong before it is connected is told by `running`.
      await Promise.race([once(child.stdout, "data").then(options.whenConnected), running]);
    }
    child.stdin?.on("error", () => {}).end();
    const { stdout } = await running;
    // The result stands behind the word that it is connected.
    return JSON.parse(stdout.slice(stdout.indexOf("{"))) as LoadResult;
  } catch (error) {
    child.kill();
    await running.catch(() => undefined);
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(stderr?.trim() || message);
  }
}
