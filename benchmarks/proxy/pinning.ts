import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which core each side runs on. Undefined: nothing is pinned, and the kernel moves processes as it likes. */
export interface Pinning {
  readonly target: number;
  /** Load generator and server share a core, so that the proxy under test has one to itself. */
  readonly loadAndServer: number;
}

/** Needs two cores and `taskset`. */
export function findPinning(): Pinning | undefined {
  if (availableParallelism() < 2) return undefined;
  try {
    execFileSync("taskset", ["-c", "0,1", "true"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { target: 0, loadAndServer: 1 };
}

/** The command line that runs a program on one core. */
export function pinned(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}
