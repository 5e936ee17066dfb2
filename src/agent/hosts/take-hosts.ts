import { access } from "node:fs/promises";
import { join } from "node:path";
import { composeHosts, type HostParts, type HostsOptions } from "./compose-hosts.ts";

/**
 * The hosts of this agent, and those that one before it has left. undefined: there are none, and none are wanted. Throws
 * WEIR_CONFIG_INVALID.
 */
export async function takeHosts(options: HostsOptions): Promise<HostParts | undefined> {
  const { hosts, stateDir } = options.config;
  return hosts > 0 || (await exists(join(stateDir, "hosts.json"))) ? await composeHosts(options) : undefined;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
