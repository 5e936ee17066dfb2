import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";

/** Whether a path is a folder, or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * What an extension may read of its own: the folder of its module, the packages that a module there can import, and what
 * tells Node how to read it. Only the module itself where its folder holds things that are none of its business: weir's
 * state, a home, a system.
 *
 * @param module Absolute, without symbolic links.
 */
export function modulePaths(module: string, stateDir: string): readonly string[] {
  const folder = dirname(module);
  const paths = [isNarrow(folder, stateDir) ? folder : module];
  for (let above = folder; ; above = dirname(above)) {
    for (const name of ["node_modules", "package.json"]) {
      const path = join(above, name);
      if (!paths.some((known) => isWithin(path, known)) && existsSync(path)) paths.push(path);
    }
    if (dirname(above) === above) return paths;
  }
}

function isNarrow(folder: string, stateDir: string): boolean {
  const isTop = dirname(folder) === "/" || folder === "/";
  return !isTop && !isWithin(stateDir, folder) && !isWithin(homedir(), folder);
}
