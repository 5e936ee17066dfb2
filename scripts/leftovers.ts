import { readdir, readFile } from "node:fs/promises";

/** Processes that carry `WEIR_TEST_RUN=<run>` in their environment; empty where there is no /proc. */
async function processesOf(run: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  const ids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const id of ids) {
    // A process may end, or belong to somebody else, between the listing and the look.
    const environment = await readFile(`/proc/${id}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`WEIR_TEST_RUN=${run}`)) continue;
    const command = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    if (command !== "") found.push({ pid: Number(id), command: command.split("\0").join(" ").trim() });
  }
  return found;
}

/**
 * Tests end what they start and remove what they write. Ends what is left all the same, and tells it.
 *
 * @param run The value of WEIR_TEST_RUN that the tests inherited.
 * @param temporary The folder that they had as TMPDIR.
 */
export async function endLeftovers(run: string, temporary: string): Promise<string[]> {
  const problems: string[] = [];
  for (const { pid, command } of await processesOf(run)) {
    problems.push(`a test left a process behind: ${pid} ${command}`);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  for (const name of await readdir(temporary)) problems.push(`a test left a file or folder behind: ${name}`);
  return problems;
}
