import { join } from "node:path";
import type { ExtensionHostEvent } from "../../api/host-report.ts";
import type { ExtensionHostReport } from "../../api/rest.ts";
import type { Logger } from "../../lib/log.ts";
import type { Extension } from "../../proxylib/parser.ts";
import type { HostBootstrap } from "../bootstrap.ts";
import { ExtensionHost } from "./extension-host.ts";
import { findConfinement } from "./find-confinement.ts";
import { groupsOf } from "./groups.ts";
import { planProcess } from "./process-plan.ts";

/** In the state directory: where the file systems of extension hosts are mounted, each seen by itself alone. */
export const VIEW_FOLDER = "extension-view";

export interface ExtensionHostsOptions
  extends Pick<HostBootstrap, "index" | "extensions" | "extensionLimits" | "configFile" | "stateDir"> {
  /** Takes each extension, before `startExtensionHosts` returns: its parsers run in another process. */
  readonly add: (extension: Extension) => void;
  readonly onEvent: (event: ExtensionHostEvent) => void;
  readonly logger: Logger;
}

/** The processes that run a host's third-party extensions. */
export interface ExtensionHosts {
  reports(): readonly ExtensionHostReport[];
  /** Policy, or who is who, has changed: extensions are to decide by that. */
  policyChanged(): void;
  /** Settles when all extensions decide by what `policyChanged` has told. Never rejects. */
  settled(): Promise<void>;
  /** Ends the processes. */
  stop(): Promise<void>;
}

/**
 * Starts one process for each group of extensions, and waits for none: until an extension serves, its connections wait, or
 * are closed; nobody else notices. Those that cannot be started are tried again.
 */
export function startExtensionHosts(options: ExtensionHostsOptions): ExtensionHosts {
  const { index, extensions, extensionLimits: limits, configFile, stateDir, add, onEvent, logger } = options;
  const groups = groupsOf(extensions);
  // Nothing to confine: nothing is tried.
  const found = groups.length === 0 ? undefined : findConfinement(join(stateDir, VIEW_FOLDER));
  const hosts = groups.map(([group, specs]) => {
    const name = `${stateDir}\0${index}\0${group}`;
    const { memoryBytesMax } = limits;
    const plan = async (): ReturnType<typeof planProcess> => {
      const confinement = await (found as NonNullable<typeof found>);
      return await planProcess({ specs, configFile, stateDir, memoryBytesMax, confinement, name });
    };
    return new ExtensionHost({ specs, limits, plan, add, onEvent, logger });
  });
  for (const host of hosts) host.start();
  return {
    reports: () => hosts.map((host) => host.report()),
    policyChanged() {
      for (const host of hosts) host.policyChanged();
    },
    async settled() {
      await Promise.all(hosts.map((host) => host.settled()));
    },
    async stop() {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}
