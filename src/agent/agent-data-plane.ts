import type { DataPlane } from "../datapath/dataplane.ts";
import type { EmbeddedCounters } from "../datapath/embedded/counters.ts";
import type { EmbeddedLimits } from "../datapath/embedded/limits.ts";

/** The embedded data plane, in this process or in hosts. */
export interface AgentDataPlane extends DataPlane {
  /** Since the agent's start. */
  readonly counters: EmbeddedCounters;
  /** Holds for the connections that come from now on. */
  changeLimits(limits: Pick<EmbeddedLimits, "connectionsMax" | "connectTimeoutMs">): void;
}
