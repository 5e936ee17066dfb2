import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { processStart } from "../../src/agent/process-start.ts";

interface Entry {
  readonly pid: number;
  /** Ticks since boot, then `@` and the boot. */
  readonly start: string;
}

/** The host processes that a state directory tells of and that live. */
export async function hostProcesses(stateDir: string): Promise<readonly number[]> {
  const text = await readFile(join(stateDir, "hosts.json"), "utf8").catch(() => '{"hosts":[]}');
  const { hosts } = JSON.parse(text) as { readonly hosts: readonly Entry[] };
  return hosts.flatMap(({ pid, start }) => (start.split("@")[0] === processStart(pid) ? [pid] : []));
}

/** Ends them with all that they have started, whatever state they are in: hosts outlive an agent that was killed. */
export async function endHostProcesses(stateDir: string): Promise<void> {
  for (const pid of await hostProcesses(stateDir)) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}
