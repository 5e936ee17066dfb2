import type { HostIdentity } from "../../../api/host-identity.ts";
import type { HostListenerReport } from "../../../api/host-report.ts";
import type { HostReport } from "../../../api/rest.ts";

/** One host, and under which name it answers to resources. */
export type FleetReport = Omit<HostReport, "revision" | "failures"> & HostIdentity;

/** What one host has said of its listeners. */
export interface HostListeners {
  /** false: it is to end as soon as others serve in its place. */
  readonly wanted: boolean;
  readonly listeners: readonly HostListenerReport[];
}

/** The host processes, as their data plane sees them: somebody else starts, watches and ends them. */
export interface HostFleet {
  /** Settles when every host has told of itself, or is given up for now. Never rejects. */
  ready(): Promise<void>;
  /** Instances that let traffic through at present, attached or not, and can be told policies. */
  serving(): readonly string[];
  /** By index; one that drains behind its successor. */
  reports(): readonly FleetReport[];
  /** What hosts have said of their listeners. */
  listeners(): readonly HostListeners[];
  /** Settles with the next report of any host, or when one comes or goes. */
  nextReport(): Promise<void>;
  /** Sums over all hosts that have lived since the agent's start, by the names of `EmbeddedCounters`. */
  counters(): Readonly<Record<string, number>>;
  /** Ends all hosts, or leaves them to go on where the fleet is told so. Connections may go on for so long. */
  stop(graceMs: number): Promise<void>;
}

/** How one host answered to one resource. `subscriber` is its instance. */
export type HostAnswer =
  | { readonly subscriber: string; readonly accepted: true }
  | { readonly subscriber: string; readonly accepted: false; readonly reason: string };

/** Every answer of every host, the late ones of hosts that are started again included. */
export type AnswerListener = (kind: string, name: string, version: string, answer: HostAnswer) => void;

/** Delivers resources to all hosts. */
export interface HostDistribution {
  put(kind: "PolicyRules" | "NetworkPolicy" | "HostSettings" | "Listener", name: string, value: Uint8Array): string;
  remove(kind: "PolicyRules" | "NetworkPolicy" | "Listener", name: string): void;
  /** How every attached host has answered to the present version of a resource. */
  answers(kind: "NetworkPolicy", name: string): Promise<readonly HostAnswer[]>;
  /**
   * All that there is at the agent's start has been put. Until then hosts that serve go on with what another agent has
   * delivered, and new ones wait.
   */
  complete(): void;
  onAnswer(listener: AnswerListener): void;
  /** Settles when every attached host has answered to all that was put or removed before. */
  settled(): Promise<unknown>;
}
