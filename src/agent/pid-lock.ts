import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, WeirError } from "../lib/error.ts";
import { processStart } from "./process-start.ts";

/** Proof that no other agent uses the state directory; disposing gives it back. */
export type PidLock = AsyncDisposable;

/**
 * Takes `weir.pid` in the state directory. The file names a process and when it began, so that a number which the kernel
 * gave to somebody else meanwhile is not mistaken for an agent. Throws WEIR_CONFIG_INVALID while another agent runs.
 */
export async function takePidLock(stateDir: string): Promise<PidLock> {
  const path = join(stateDir, "weir.pid");
  const own = `${process.pid} ${processStart(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, own, { mode: 0o600 });
    // A link appears with its content, and only one of two agents can make it.
    await link(draft, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      await removeStale(path, `${draft}.stale`);
      await link(draft, path);
    });
  } catch (error) {
    if (error instanceof WeirError) throw error;
    const cure = (error as NodeJS.ErrnoException).code === "ENOSPC" ? "; make room there" : "";
    throw new WeirError("WEIR_CONFIG_INVALID", `cannot write ${path}: ${reasonOf(error)}${cure}`, { cause: error });
  } finally {
    await unlink(draft).catch(() => {});
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await readFile(path, "utf8").catch(() => "")) === own) await unlink(path);
    },
  };
}

async function removeStale(path: string, aside: string): Promise<void> {
  const before = await readFile(path, "utf8");
  const [pid = "", start = ""] = before.trim().split(" ");
  if (/^\d+$/.test(pid) && processStart(Number(pid)) === start && start !== "") {
    throw new WeirError(
      "WEIR_CONFIG_INVALID",
      `an agent with process id ${pid} uses ${path} already: stop it first, or give this one a \`stateDir\` of its own`,
    );
  }
  // Moved, then looked at again: another agent that starts now may have been quicker and put its own file there.
  await rename(path, aside);
  const moved = await readFile(aside, "utf8");
  if (moved !== before) await link(aside, path).catch(() => {});
  await unlink(aside);
}
