import { lstat, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { WeirError } from "../lib/error.ts";

/**
 * Makes the state directory, or checks that the one that is there belongs to this user and to nobody else: whoever can
 * write there can take the agent's socket over. Throws WEIR_CONFIG_INVALID.
 */
export async function prepareStateDir(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw bad(path, (error as Error).message);
  }
  const found = await lstat(path);
  if (found.isSymbolicLink()) throw bad(path, "it is a symbolic link; name the directory itself");
  if (!found.isDirectory()) throw bad(path, "it is not a directory");
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) {
    throw bad(
      path,
      `it belongs to user ${found.uid}, and the agent runs as user ${user}; run it as that user, or name a directory of its own`,
    );
  }
  const mode = found.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw bad(path, `others may use it (mode ${mode.toString(8).padStart(4, "0")}); run \`chmod 700 ${path}\``);
  }
}

function bad(path: string, reason: string): WeirError {
  return new WeirError("WEIR_CONFIG_INVALID", `stateDir ${path} cannot be used: ${reason}`);
}
