import type { Logger } from "../../lib/log.ts";
import type { Schedule } from "../../lib/schedule.ts";
import type { ResourceConsumer } from "../../xds/resource.ts";

/** What an agent tells a host to do. */
export interface HostCommand {
  readonly order: "drain";
  readonly graceMs: number;
}

/** Where the records of the host are, as batches. */
export interface RecordOutlet {
  /**
   * There is an agent: it gets all that no agent has acknowledged, and what comes.
   *
   * @param send Takes a batch, and keeps the order.
   */
  attach(send: (batch: { readonly bytes: Uint8Array }) => void): void;
  /** The agent is gone: what it has not acknowledged is to be sent again. */
  detach(): void;
  /** The agent has all records below this number. */
  acknowledge(next: number): void;
}

export interface AgentLinkOptions {
  readonly socketPath: string;
  /** Never logged. */
  readonly token: string;
  /** Of this host. */
  readonly instance: string;
  readonly consumer: ResourceConsumer;
  readonly records: RecordOutlet;
  readonly onOrder: (command: HostCommand) => void;
  readonly logger: Logger;
  readonly schedule: Schedule;
  /** Milliseconds since some moment, never set back. */
  readonly monotonicMs: () => number;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /**
   * An agent is there, or several one after the other, and none has known this host for UNKNOWN_MS_MAX: whoever knew it
   * has lost it. May be told more than once.
   */
  readonly onUnknown: () => void;
  /** Told when the agent is there, and knows nothing yet; and when it is gone. */
  readonly onConnected?: (connected: boolean) => void;
}
