import { readdirSync, readFileSync } from "node:fs";

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
    // A kernel without that file.
    return findChild(parent);
  }
}

function findChild(parent: number): number | undefined {
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // Behind the program's name, in parentheses: its state, then its parent (proc(5), stat).
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}
