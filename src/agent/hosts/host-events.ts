import type { HostIdentity } from "../../api/host-identity.ts";
import type { ExtensionHostEvent, HostSelfReport } from "../../api/host-report.ts";

/** A host, and the process that it is. */
export interface StartedHost extends HostIdentity {
  /** 0: there never was one. */
  readonly pid: number;
}

/** How a host has ended. */
export interface HostEnd extends StartedHost {
  /** ISO 8601. */
  readonly time: string;
  /** One sentence. */
  readonly reason: string;
  /** It was told to end. */
  readonly expected: boolean;
  /** Connections that it had when it reported last. */
  readonly connections: number;
  /** Its last report; absent: this agent never had one. */
  readonly report?: HostSelfReport;
}

/** Whoever has to know what becomes of hosts. */
export interface HostEvents {
  onStarted(host: StartedHost): void;
  /** One that an agent before this one had started serves on. */
  onAdopted(host: StartedHost): void;
  /** One of its extension hosts has started or ended. */
  onExtensionHost(host: StartedHost, event: ExtensionHostEvent): void;
  /** @returns How many of its records never reached the agent; known when all that it had sent has been read. */
  onEnded(end: HostEnd): Promise<number>;
}
