import type { ConnectionRow } from "../client/client-connection.ts";
import type { ProtocolName } from "../load/protocol.ts";
import type { Random } from "../load/random.ts";
import type { Agent } from "../rig/agent.ts";
import type { Clients } from "../rig/clients.ts";
import type { Topology } from "../rig/topology.ts";
import type { Upstream } from "../rig/upstream.ts";

/** One protocol: who asks, and who answers. */
export interface Side {
  readonly upstream: Upstream;
  readonly clients: Clients;
}

/** What an event can lay its hands on. */
export interface Scene {
  readonly topology: Topology;
  readonly agent: Agent;
  readonly protocols: ReadonlyMap<ProtocolName, Side>;
  readonly random: Random;
  /** Options of `weir agent`, whenever it is started. */
  readonly agentOptions: readonly string[];
  /** Adds to the event log. */
  say(text: string): void;
}

/** Which connections an event may cost. All others must neither break nor be refused. */
export interface Loss {
  mayBreak(protocol: ProtocolName, row: ConnectionRow): boolean;
  mayRefuse(protocol: ProtocolName): boolean;
  /** Records that only the process knew are gone: of connections that lived between these times. */
  readonly recordsGone?: { readonly from: number; readonly to: number };
  /** The agent was killed: it may have been within a line of the access log. The next one ends it, and writes it whole. */
  readonly mayTearLine?: boolean;
  /**
   * A host ended while no agent ran. What the agent had written in its last moment is counted as lost, since the host never
   * heard of it.
   */
  readonly mayCountWritten?: boolean;
}

export const NO_LOSS: Loss = { mayBreak: () => false, mayRefuse: () => false };

export interface BatteryEvent {
  readonly name: string;
  /** Settles when everything runs again. */
  run(scene: Scene): Promise<Loss>;
}
