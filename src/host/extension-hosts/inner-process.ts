import { readFileSync } from "node:fs";

/**
 * The only child of a process: the one that it was started for. While its parent runs, the number is given to nobody else.
 *
 * @returns undefined: it cannot be known here.
 */
export function innerProcess(parent: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
    return /^\d+$/.test(children) ? Number(children) : undefined;
  } catch {
    return undefined;
  }
}
