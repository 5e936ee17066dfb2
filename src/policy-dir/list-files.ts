import { lstat, opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../lib/error.ts";
import type { PolicyDirLimits } from "./limits.ts";
import type { PolicyPath } from "./policy-path.ts";

/** What a path names at one moment. */
export type Listing =
  | {
      readonly kind: "listed";
      /** Absolute, sorted. What is no regular file is among them: whoever reads it says so. */
      readonly files: readonly string[];
      /** Which directory it was: another one of the same name has another identity. */
      readonly directoryId: string;
    }
  /** Nothing can be said of what is missing. */
  | { readonly kind: "failed"; readonly message: string };

/** Lists the files of one path. Never throws. */
export async function listFiles(path: PolicyPath, limits: PolicyDirLimits): Promise<Listing> {
  try {
    const { dev, ino } = await stat(path.directory, { bigint: true });
    const directoryId = `${dev}:${ino}`;
    const { match } = path;
    if (match.kind === "name") {
      const file = join(path.directory, match.name);
      return { kind: "listed", files: (await exists(file)) ? [file] : [], directoryId };
    }
    const files: string[] = [];
    let seen = 0;
    for await (const entry of await opendir(path.directory)) {
      seen++;
      if (seen > limits.directoryEntriesMax) {
        return failed(`the directory holds more entries than the limit of ${limits.directoryEntriesMax}`);
      }
      if (match.regex.test(entry.name)) files.push(join(path.directory, entry.name));
    }
    if (files.length > limits.filesMax) return failed(`more files than the limit of ${limits.filesMax}`);
    return { kind: "listed", files: files.sort(), directoryId };
  } catch (error) {
    return failed(`cannot read the directory ${path.directory}: ${reason(error)}`);
  }
}

function failed(message: string): Listing {
  return { kind: "failed", message };
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ENOENT";
}

/** The system's own words without the call and the path, which the message has already. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOTDIR") return "it is not a directory";
  if (code === "ELOOP") return "its symbolic links form a circle";
  return reasonOf(error);
}
