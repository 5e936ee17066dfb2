import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import type { ExtensionGrants } from "../bootstrap.ts";
import { type Confinement, TOOLS_ENVIRONMENT } from "./confinement.ts";
import { asOtherUser, asOtherUserOnly, asSameUser, inUserNamespace, unconfined } from "./confinements.ts";
import { nodeOptions, processLimits } from "./node-options.ts";
import { readMappedUsers, userIdFor } from "./user-id.ts";
import { viewOf } from "./view.ts";

/** Longest trial of one way. */
const TRIAL_MS_MAX = 5_000;
const TRIAL_MEMORY_BYTES = 64 * 1_048_576;
const NO_GRANTS: ExtensionGrants = {
  ...{ read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false },
};

/**
 * Finds the strictest way that this machine lets a process be confined, by trying it with Node itself: kernels,
 * containers and security modules refuse in too many ways to ask them.
 *
 * @param mountPoint A folder that is nobody else's; it is made, and stays empty.
 */
export async function findConfinement(mountPoint: string): Promise<Confinement> {
  await mkdir(mountPoint, { recursive: true, mode: 0o700 });
  return process.getuid?.() === 0 ? await findAsRoot(mountPoint) : await findAsUser(mountPoint);
}

async function findAsRoot(mountPoint: string): Promise<Confinement> {
  const user = userIdFor(mountPoint, await readMappedUsers());
  const full = asOtherUser(mountPoint);
  const refusal = await trial(full, mountPoint, user);
  if (refusal === undefined) return full;
  // A root without CAP_SYS_ADMIN, as in containers, may make namespaces in the way that everybody may.
  const inUser = inUserNamespace(mountPoint);
  const userRefusal = await trial(inUser, mountPoint, undefined);
  if (userRefusal === undefined) return inUser;
  const reason = `no namespaces could be made (${distinct(refusal, userRefusal)})`;
  if (user === undefined) return await findSameUser(mountPoint, `${reason}, and this container has no user to spare`);
  const userOnly = asOtherUserOnly(reason);
  const otherRefusal = await trial(userOnly, mountPoint, user);
  if (otherRefusal === undefined) return userOnly;
  return await findSameUser(mountPoint, `${reason}, nor could it become another user (${otherRefusal})`);
}

async function findAsUser(mountPoint: string): Promise<Confinement> {
  const full = inUserNamespace(mountPoint);
  const refusal = await trial(full, mountPoint, undefined);
  if (refusal === undefined) return full;
  return await findSameUser(mountPoint, `weir is not root, and no user namespace could be made (${refusal})`);
}

async function findSameUser(mountPoint: string, reason: string): Promise<Confinement> {
  const same = asSameUser(reason);
  const refusal = await trial(same, mountPoint, undefined);
  return refusal === undefined ? same : unconfined(`${reason}; nor could it be bounded (${refusal})`);
}

function distinct(...reasons: readonly string[]): string {
  return [...new Set(reasons)].join("; ");
}

/** @returns Why it is not possible; undefined: it is. */
async function trial(
  confinement: Confinement,
  mountPoint: string,
  user: number | undefined,
): Promise<string | undefined> {
  const view = viewOf({ read: [process.execPath], grants: NO_GRANTS, stateDir: mountPoint });
  const limits = processLimits(NO_GRANTS, TRIAL_MEMORY_BYTES, confinement.ownUser);
  const node = [process.execPath, ...nodeOptions(NO_GRANTS, [], TRIAL_MEMORY_BYTES), "--eval", ""];
  const [file = "", ...parameters] = confinement.command(node, { user, view, network: false, limits });
  return await new Promise((resolve) => {
    const options = { env: TOOLS_ENVIRONMENT, cwd: "/", timeout: TRIAL_MS_MAX, killSignal: "SIGKILL" } as const;
    execFile(file, parameters, options, (error, _output, said) => {
      if (error === null) resolve(undefined);
      else resolve(withCure(said.trim().split("\n", 1)[0] || (error.message.split("\n", 1)[0] ?? "")));
    });
  });
}

/** @param refusal What a program has said, or Node of it. */
function withCure(refusal: string): string {
  const isMissing = /ENOENT|not found|failed to execute/.test(refusal);
  return isMissing ? `${refusal}: install util-linux and mount` : refusal;
}
