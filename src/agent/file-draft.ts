import { open, rename, rm, unlink } from "node:fs/promises";
import { reasonOf, WeirError } from "../lib/error.ts";

/** What is to be a file's content: written, and not yet in its place. */
export interface FileDraft {
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Writes a text beside a file that only its owner can read; `commit` puts it in the file's place, as a whole: a crash
 * leaves the old or the new. What can fail, such as a full disk, fails here, before anything is in force that a restart
 * would not bring back. Throws WEIR_API_FAILED.
 */
export async function draftFile(path: string, content: string): Promise<FileDraft> {
  const draft = `${path}.new`;
  try {
    // What lies there is left of a change that never ended, or was put there by somebody: nothing is written through a
    // link, nothing waits for a pipe's reader, and nothing takes over a mode that lets others read.
    await rm(draft, { force: true });
    await using file = await open(draft, "wx", 0o600);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    const message = `nothing was changed: cannot save to ${draft}: ${reasonOf(error)}`;
    throw new WeirError("WEIR_API_FAILED", message, { cause: error });
  }
  return {
    commit: () => rename(draft, path),
    discard: () => unlink(draft),
  };
}
