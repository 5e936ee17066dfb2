import { createHash } from "node:crypto";
import { HOST_PROTOCOL_VERSION, type HostBootstrap } from "../../host/bootstrap.ts";
import { packageVersion } from "../../lib/version.ts";

/** What all hosts of an agent are started with. */
export type HostConfig = Pick<HostBootstrap, "stateDir" | "configFile" | "extensions" | "extensionLimits" | "logLevel">;

/**
 * Hash of all that a host is started with, the versions of weir and of Node among it: a host that outlived its agent is
 * kept by the next one only if that would start it in the same way.
 */
export function hostConfigKey(config: HostConfig): string {
  const { stateDir, configFile, extensions, extensionLimits, logLevel } = config;
  const all = [
    HOST_PROTOCOL_VERSION,
    packageVersion(),
    process.version,
    stateDir,
    configFile,
    extensions.map(({ module, group, allow, declaration, code }) => [
      module,
      group,
      Object.entries(allow).sort(),
      declaration,
      code,
    ]),
    Object.entries(extensionLimits).sort(),
    logLevel,
  ];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}
