import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pinned } from "./pinning.ts";

const SOURCES = join(import.meta.dirname, "..", "load");
const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "weir-bench");
const COMPILERS = ["cc", "gcc", "clang"];
const FLAGS = ["-O2", "-std=gnu17", "-Wall", "-Wextra"];

export interface LoadOptions {
  readonly to: string;
  /** Source address: the identity of the client. */
  readonly from: string;
  readonly workload: string;
  readonly connections: number;
  readonly depth: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly seed: number;
  /** Processes whose CPU time is wanted. */
  readonly watch: readonly number[];
  readonly core: number | undefined;
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

/** Compiles the load generator if its sources changed. @returns its path, or why there is none. */
export function buildLoadTool(): { readonly path: string } | { readonly missing: string } {
  const names = readdirSync(SOURCES).sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(readFileSync(join(SOURCES, name)));
  const path = join(CACHE, `load-${process.arch}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(path)) return { path };
  const compiler = COMPILERS.find(canRun);
  if (compiler === undefined) {
    return { missing: `the load generator is written in C, and none of ${COMPILERS.join(", ")} is installed` };
  }
  mkdirSync(CACHE, { recursive: true });
  const files = names.filter((name) => name.endsWith(".c")).map((name) => join(SOURCES, name));
  const unfinished = `${path}.${process.pid}`;
  execFileSync(compiler, [...FLAGS, "-o", unfinished, ...files], { stdio: ["ignore", "inherit", "inherit"] });
  // By rename, so that a run beside this one never sees half a program.
  renameSync(unfinished, path);
  return { path };
}

function canRun(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
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
  ]) as [string, ...string[]];
  try {
    const { stdout } = await promisify(execFile)(program, args);
    return JSON.parse(stdout) as LoadResult;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(stderr?.trim() || message);
  }
}
