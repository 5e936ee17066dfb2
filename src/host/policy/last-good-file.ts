import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reasonOf } from "../../lib/error.ts";
import { decodeLastGood, encodeLastGood, type LastGood } from "./last-good-format.ts";

/** More is not kept: a host that begins without an agent then waits for one. */
export const LAST_GOOD_BYTES_MAX: number = 256 * 1_048_576;
/** So much is written at once, and then traffic may go on. */
const CHUNK_BYTES = 1_048_576;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const DRAFT = ".new";
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Writes beside the file and puts it in its place, as a whole: a crash leaves the old or the new. Rejects with the reason
 * where it cannot be written.
 */
export async function writeLastGood(path: string, lastGood: LastGood): Promise<void> {
  // The host before this one may still drain, and write, too.
  const draft = `${path}.${randomUUID()}${DRAFT}`;
  try {
    await writeDraft(draft, lastGood);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeDraft(draft: string, lastGood: LastGood): Promise<void> {
  // Nothing is written through a link, waits for a pipe's reader, or takes over a mode that lets others read.
  await using file = await open(draft, "wx", OWNER_ONLY);
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of encodeLastGood(lastGood)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < CHUNK_BYTES) continue;
    await file.writeFile(Buffer.concat(pieces));
    pieces = [];
    bytes = 0;
  }
  await file.writeFile(Buffer.concat(pieces));
  await file.sync();
}

/** Removes what hosts that were killed while they wrote have left. Rejects with the reason where it cannot be removed. */
export async function removeDrafts(path: string): Promise<void> {
  const [folder, begin] = [dirname(path), `${basename(path)}.`];
  const names = await readdir(folder);
  const drafts = names.filter((name) => name.startsWith(begin) && name.endsWith(DRAFT));
  for (const name of drafts) await rm(join(folder, name), { force: true });
}

/** undefined: there is none. The error says what is wrong with the file, which then counts as none. */
export async function readLastGood(
  path: string,
): Promise<{ readonly lastGood: LastGood } | { readonly error: string } | undefined> {
  const refused = (reason: string): { readonly error: string } => {
    return { error: `${path} is not used: ${reason}; it is written anew once an agent is there` };
  };
  try {
    await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const problem = problemOf(await file.stat());
    if (problem !== undefined) return refused(problem);
    const decoded = decodeLastGood(await file.readFile());
    return "error" in decoded ? refused(decoded.error) : decoded;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    return refused(code === "ELOOP" ? "it is a symbolic link" : reasonOf(error));
  }
}

/** Whoever else could write the file could open everything. */
function problemOf(found: Stats): string | undefined {
  if (!found.isFile()) return "it is not a plain file";
  if (found.uid !== process.geteuid?.()) return `it belongs to user ${found.uid}`;
  if ((found.mode & OTHERS) !== 0) return `others may use it: its mode is ${(found.mode & 0o777).toString(8)}`;
  if (found.size > LAST_GOOD_BYTES_MAX) return `it has ${found.size} bytes, more than ${LAST_GOOD_BYTES_MAX}`;
  return undefined;
}
