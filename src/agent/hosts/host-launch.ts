import { randomBytes } from "node:crypto";
import { HOST_PROTOCOL_VERSION, type HostBootstrap } from "../../host/bootstrap.ts";
import { type HostConfig, hostConfigKey } from "./host-config.ts";
import type { HostProcess } from "./host-process.ts";
import { createToken } from "./host-token.ts";
import type { HostEntry } from "./hosts-file.ts";

/** One start of a host: what it is told, and what is kept of that. */
export interface HostLaunch {
  readonly instance: string;
  /** @param startedAt ISO 8601. */
  entryOf(process: HostProcess, startedAt: string): HostEntry;
  /** @param resume It takes the place of one that has served. */
  bootstrap(resume: boolean): HostBootstrap;
}

/** Every start has its own token, which only the process itself ever sees. */
export function prepareLaunch(index: number, config: HostConfig): HostLaunch {
  const { token, hash } = createToken(randomBytes);
  const instance = randomBytes(16).toString("base64url");
  const common = { version: HOST_PROTOCOL_VERSION, index, instance, configKey: hostConfigKey(config) } as const;
  return {
    instance,
    entryOf: ({ pid, start }, startedAt) => ({ ...common, pid, start, tokenHash: hash, startedAt }),
    bootstrap: (resume) => ({ ...config, ...common, token, resume }),
  };
}
