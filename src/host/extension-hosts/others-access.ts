import { stat } from "node:fs/promises";
import { dirname } from "node:path";

const READ = 0o4;
const WRITE = 0o2;
const ENTER = 0o1;

/**
 * Why a user that owns nothing cannot use a path; undefined: it can, as far as the modes of files tell.
 *
 * @param ownView The folders above are not the machine's own, and let everybody through.
 */
export async function whyNotForOthers(path: string, write: boolean, ownView: boolean): Promise<string | undefined> {
  const found = await stat(path);
  const needed = READ | (write ? WRITE : 0) | (found.isDirectory() ? ENTER : 0);
  if ((found.mode & needed) !== needed) return `${path} (mode ${modeText(found.mode)})`;
  if (ownView) return undefined;
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const { mode } = await stat(above);
    if ((mode & ENTER) === 0) return `${path}, because of ${above} (mode ${modeText(mode)})`;
  }
  return undefined;
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
