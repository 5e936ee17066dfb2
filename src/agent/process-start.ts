import { readFileSync } from "node:fs";

/**
 * When a process began, in the kernel's ticks since boot; empty if there is none, or only what is left of one that has
 * ended. Number and start together name a process: numbers are used again. Throws where that cannot be found out, for
 * example because this process has too many files open: nobody may take another one for ended then.
 */
export function processStart(pid: number): string {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It ended before, or while it was read.
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw error;
  }
  // The name of the program, in parentheses, may hold blanks. Behind it come the state, the 3rd field of proc(5), and
  // further on the start, the 22nd.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
}
