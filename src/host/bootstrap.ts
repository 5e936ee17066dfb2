import type { ExtensionDeclaration } from "../api/extension.ts";
import type { HostIdentity } from "../api/host-identity.ts";
import type { LogLevel } from "../lib/log.ts";

/** Version of what agent and hosts say to each other. A host of another version is replaced, not adopted. */
export const HOST_PROTOCOL_VERSION = 2;

/** The file descriptor by which a process that weir starts gets what it must know: no other process can read or write there. */
export const BOOTSTRAP_FD = 3;

/** One third-party extension, as it is configured. */
export interface ExtensionSpec {
  /** Path (absolute, or relative beginning with a dot) or package name, as in the configuration. */
  readonly module: string;
  /** Extensions with the same group share one process. Default: a process of its own. */
  readonly group: string;
  /** What the process may do besides judging bytes. */
  readonly allow: ExtensionGrants;
}

/** One as a host starts it. */
export interface DeclaredExtension extends ExtensionSpec {
  /**
   * What it has told the agent: policy is checked with it, and connections under it are taken before its own process has
   * said a word. A process that says something else is not used.
   */
  readonly declaration: ExtensionDeclaration;
  /** Hash of the files that were loaded then, of all extensions of the group. */
  readonly code: string;
}

/** Everything that is not granted is refused. Paths are absolute. */
export interface ExtensionGrants {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly network: boolean;
  readonly childProcess: boolean;
  readonly nativeAddons: boolean;
  readonly worker: boolean;
}

/** Bounds of one extension host. */
export interface ExtensionHostLimits {
  /** Resident memory of the process. Above, it is ended. */
  readonly memoryBytesMax: number;
  /** Undecided bytes that are sent to the process and not yet looked at, over all connections. */
  readonly bufferedBytesMax: number;
  readonly connectionsMax: number;
  /** Time in one call of the extension. Above, the process is ended. */
  readonly callMs: number;
  /** How long an extension may take to settle a promise. Above, the connection is closed. */
  readonly answerMs: number;
}

/** What a host gets at its start, as one JSON document through `BOOTSTRAP_FD`. */
export interface HostBootstrap extends HostIdentity {
  readonly version: typeof HOST_PROTOCOL_VERSION;
  /** Proves to the agent which host it is. 32 random bytes in base64url. Never in arguments, environment or logs. */
  readonly token: string;
  readonly stateDir: string;
  /** Names of extensions are looked up as this file would find them. */
  readonly configFile: string;
  /** Hash of all that a host is started with: a host that was started with something else is replaced. */
  readonly configKey: string;
  readonly extensions: readonly DeclaredExtension[];
  readonly extensionLimits: ExtensionHostLimits;
  /** The host takes the place of one that had served: it may begin with the last good policy on disk. */
  readonly resume: boolean;
  readonly logLevel: LogLevel;
}
