import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is fetched once and kept with the checkout. */
const CACHE = fileURLToPath(new URL("../.cache", import.meta.url));
/** Between a folder's name and the process that is filling it. */
const UNFINISHED = ".unfinished-";

/** Path of a finished folder of the cache, or undefined. */
export function findCached(name: string): string | undefined {
  const folder = join(CACHE, name);
  return existsSync(folder) ? folder : undefined;
}

/**
 * Path of a folder of the cache; `fill` makes its content where it is not there yet, and returns whether it could.
 * It is filled under another name and renamed: what has the name is whole, also when two do this at once or one is interrupted.
 */
export function ensureCached(name: string, fill: (folder: string) => boolean): string | undefined {
  const found = findCached(name);
  if (found !== undefined) return found;
  mkdirSync(CACHE, { recursive: true });
  removeUnfinished(name);
  const unfinished = join(CACHE, `${name}${UNFINISHED}${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  try {
    if (!fill(unfinished)) return undefined;
    return publish(unfinished, join(CACHE, name));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function publish(unfinished: string, folder: string): string {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Somebody else was faster: theirs is as good.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Removes what runs have left that were ended on their way. */
function removeUnfinished(name: string): void {
  for (const entry of readdirSync(CACHE)) {
    if (entry.startsWith(name + UNFINISHED) && !isAlive(Number(entry.slice((name + UNFINISHED).length))))
      rmSync(join(CACHE, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
