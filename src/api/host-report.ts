import type { HostIdentity } from "./host-identity.ts";
import type { ExtensionHostReport, ProcessEnd } from "./rest.ts";

/** How often a host reports at most, if something has changed. */
export const HOST_REPORT_INTERVAL_MS = 250;

/** How often it reports at least: the agent takes one that does not for silent. */
export const HOST_REPORT_IDLE_MS = 1000;

/** What a host tells the agent of itself. Each report is whole, except for `ends`. */
export interface HostSelfReport extends HostIdentity {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** HOST_PROTOCOL_VERSION of the host. */
  readonly version: number;
  /** Hash of all that it was started with. */
  readonly configKey: string;
  /** `starting`: it has no complete policy yet. `draining`: it accepts nothing more. */
  readonly state: "starting" | "running" | "draining";
  readonly connections: number;
  /** EmbeddedCounters: name → count since the host's start. */
  readonly counters: Readonly<Record<string, number>>;
  readonly listeners: readonly HostListenerReport[];
  readonly records: HostRecordCounts;
  readonly extensionHosts: readonly ExtensionHostReport[];
  /** Extension hosts that started or ended since the report before, the oldest first. */
  readonly ends: readonly ExtensionHostEvent[];
}

export interface HostListenerReport {
  /** Name of the Listener resource. */
  readonly name: string;
  /** The address that it is bound to; empty while it is not. */
  readonly listen: string;
  /** Why it is not open. */
  readonly error?: string;
}

/** Counts since the host's start. */
export interface HostRecordCounts {
  readonly made: number;
  /** Records that will never reach the agent. */
  readonly lost: number;
  /** Records that wait to be sent, or for the agent's acknowledgement. */
  readonly spooled: number;
}

export type ExtensionHostEvent =
  | {
      readonly event: "started";
      readonly time: string;
      readonly extensions: readonly string[];
      readonly pid: number;
    }
  | {
      readonly event: "ended";
      readonly extensions: readonly string[];
      readonly end: ProcessEnd;
      /** Connections that ended with the process. */
      readonly connections: number;
    };
