import type { DirectionRules } from "./direction-rules.ts";

/** Which rules of one direction are enforced, and which would be if audited policies were enforced too. */
export interface DirectionPair {
  readonly enforced: DirectionRules;
  /** The same object where nothing is audited. */
  readonly whole: DirectionRules;
}
