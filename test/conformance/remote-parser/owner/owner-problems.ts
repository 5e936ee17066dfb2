import type { StartOwner } from "./owner-process.ts";
import { type OwnerRun, runOwnerChecks } from "./run-owner-checks.ts";

/** What is wrong, check by check. */
export async function problemsOf(start: StartOwner, run?: OwnerRun): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { name, problem } of runOwnerChecks(start, run)) {
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  return problems;
}
