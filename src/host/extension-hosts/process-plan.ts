import { access } from "node:fs/promises";
import { eachModule, type LocatedModule } from "../../extension-host/extension-loader.ts";
import { locateExtension } from "../../extension-host/locate-extension.ts";
import type { ExtensionSpec } from "../bootstrap.ts";
import type { Confinement } from "./confinement.ts";
import { HOST_PROGRAM, programPaths, withTargets } from "./host-program.ts";
import { isWithin, modulePaths } from "./module-paths.ts";
import { nodeOptions, processLimits } from "./node-options.ts";
import { whyNotForOthers } from "./others-access.ts";
import { readMappedUsers, userIdFor } from "./user-id.ts";
import { viewOf } from "./view.ts";

/** How one process is to be started. */
export interface ProcessPlan {
  readonly modules: readonly LocatedModule[];
  /** The first item is the file to run. */
  readonly command: readonly string[];
  /** See `Confinement.forks`. */
  readonly forks: boolean;
  /** Why it can reach more than what was granted: one sentence each. */
  readonly unconfined: readonly string[];
}

export interface PlanOptions {
  /** All of one group: they have the same grants. */
  readonly specs: readonly ExtensionSpec[];
  readonly configFile: string;
  readonly stateDir: string;
  readonly memoryBytesMax: number;
  readonly confinement: Confinement;
  /** Processes with the same name get the same user. */
  readonly name: string;
}

export type PlanResult =
  | { readonly ok: true; readonly plan: ProcessPlan }
  /** What is wrong with each extension. */
  | { readonly ok: false; readonly failures: readonly string[] };

/** Finds the extensions' files, which may have moved since the last start, and decides what their process may reach. */
export async function planProcess(options: PlanOptions): Promise<PlanResult> {
  const { specs, configFile, stateDir, memoryBytesMax, confinement, name } = options;
  const modules: LocatedModule[] = [];
  const names = specs.map(({ module }) => module);
  const failures = await eachModule(names, async (module) => {
    modules.push({ name: module, path: await locateExtension(module, configFile) });
  });
  const [first] = specs;
  if (first === undefined) return { ok: false, failures: ["there is no extension to run"] };
  const { allow } = first;
  failures.push(...(await eachModule(names, () => checkGrants([...allow.read, ...allow.write], stateDir))));
  if (failures.length > 0) return { ok: false, failures };

  const own = withTargets(modules.flatMap(({ path }) => modulePaths(path, stateDir)));
  const unconfined = [...confinement.unconfined];
  let user = confinement.ownUser ? userIdFor(name, await readMappedUsers()) : undefined;
  if (user !== undefined) {
    const used = [HOST_PROGRAM, process.execPath, ...modules.map(({ path }) => path), ...allow.read];
    const reason = await firstRefusal(used, allow.write, confinement.ownView);
    if (reason !== undefined) {
      unconfined.push(
        `it runs as weir's own user: a user of its own, ${user}, cannot use ${reason}; let others use it, or move it`,
      );
      user = undefined;
    }
  }
  const readable = [...programPaths(), ...own, ...allow.read];
  const view = viewOf({ read: [...readable, process.execPath], grants: allow, stateDir });
  const node = [process.execPath, ...nodeOptions(allow, readable, memoryBytesMax), HOST_PROGRAM];
  const limits = processLimits(allow, memoryBytesMax, user !== undefined);
  const command = confinement.command(node, { user, view, network: allow.network, limits });
  return { ok: true, plan: { modules, command, forks: confinement.forks, unconfined } };
}

/** What was granted must be there, and must not be what protects everything else. Throws an Error. */
async function checkGrants(paths: readonly string[], stateDir: string): Promise<void> {
  for (const path of paths) {
    if (isWithin(path, stateDir)) throw new Error(`\`allow\` names ${path}, which belongs to weir's state directory`);
    await access(path).catch(() => {
      throw new Error(`\`allow\` names ${path}, which is not there: make it first`);
    });
  }
}

async function firstRefusal(
  read: readonly string[],
  write: readonly string[],
  ownView: boolean,
): Promise<string | undefined> {
  for (const path of [...read, ...write]) {
    const reason = await whyNotForOthers(path, write.includes(path), ownView);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
