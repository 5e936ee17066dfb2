import type { PolicyRevision } from "../api/identity.ts";
import type { HostReport } from "../api/rest.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";

/** How a data plane answers to one endpoint's policy: resources are taken or refused one by one. */
export type Acknowledgement =
  | { readonly accepted: true; readonly revision: PolicyRevision }
  | { readonly accepted: false; readonly revision: PolicyRevision; readonly reason: string };

/** What enforces policy: the embedded proxy, Envoy, the kernel. The agent knows them by this interface alone. */
export interface DataPlane {
  /** `embedded`, `envoy`, `bpf`. */
  readonly name: string;
  /** Begins to accept connections; all policies of the first complete load were applied before. */
  start(): Promise<void>;
  /** Puts a policy in force, on live connections too. A refused one leaves the last good one in force. */
  apply(policy: EndpointPolicy): Promise<Acknowledgement>;
  /** There is no such endpoint any more: nothing of it is let through, and nothing about it is kept. */
  forget(endpoint: string): Promise<void>;
  /**
   * Addresses stand for other identities now. Settles when every live connection is under the identities of now: those
   * that policy does not let go on are ended.
   */
  identitiesChanged(): Promise<void>;
  /** Stops accepting, waits for live connections up to `graceMs`, then resets what is left. */
  stop(graceMs: number): Promise<void>;
  status(): DataPlaneStatus;
}

export interface DataPlaneStatus {
  readonly name: string;
  readonly state: "stopped" | "running" | "draining";
  readonly connections: number;
  readonly listeners: readonly {
    readonly listen: string;
    readonly upstream: string;
    readonly endpoint: string;
    readonly direction: string;
  }[];
  /** What an operator should know: for example that the upstream's own port can be reached around the proxy. */
  readonly warnings: readonly string[];
  /** The processes that it consists of; absent: it is in the agent's own process. */
  readonly hosts?: readonly HostReport[];
}
