import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout, without a slash at its end. */
export const repositoryRoot: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Folders that git ignores (see .gitignore), and git's own. */
const IGNORED = new Set([".git", ".cache", "node_modules", "dist", "run", "coverage"]);

/** Paths of all files of the checkout, relative to its root, sorted. */
export async function repositoryFiles(): Promise<string[]> {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(repositoryRoot, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !IGNORED.has(entry.name)) await walk(path);
      else if (entry.isFile() && !entry.name.endsWith(".log")) files.push(path);
    }
  };
  await walk("");
  return files.sort();
}

export async function readRepositoryFile(path: string): Promise<string> {
  return await readFile(join(repositoryRoot, path), "utf8");
}
