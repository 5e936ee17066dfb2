import type { TracedEnforcement } from "../../api/trace.ts";
import type { Identity } from "../../identity/allocator.ts";
import { ReservedIdentity } from "../../identity/reserved.ts";
import type { DirectionPair } from "../direction-pair.ts";
import type { Direction } from "../policy-entry.ts";
import type { EnforcementMode } from "../resolve.ts";

/** Whose policy is asked. */
export interface TracedEndpoint {
  /** Of the number, only `reserved:init` matters. */
  readonly identity: Identity;
  /** What policy would refuse passes, and is recorded. */
  readonly audit: boolean;
}

/** Whether a direction is in default deny, and why. */
export function enforcementOf(
  direction: Direction,
  endpoint: TracedEndpoint,
  mode: EnforcementMode,
  pair: DirectionPair,
): TracedEnforcement {
  const enforced = pair.enforced.enforced && !endpoint.audit;
  return { mode, enforced, because: because(direction, endpoint, mode, pair) };
}

function because(direction: Direction, endpoint: TracedEndpoint, mode: EnforcementMode, pair: DirectionPair): string {
  if (mode === "never") return "the agent enforces no policy (mode `never`)";
  if (endpoint.audit) return "the endpoint is in audit mode: what policy would deny passes and is recorded";
  const { missing } = pair.enforced;
  if (missing !== undefined) return `policy ${missing.policy} speaks of it, ${missing.rule}`;
  if (endpoint.identity.id === ReservedIdentity.Init) return "that of an endpoint without labels always is";
  if (mode === "always") return "the agent enforces everything (mode `always`)";
  const audited = pair.whole.missing;
  if (audited !== undefined) return `of the policies that select the endpoint, only audited ones speak of ${direction}`;
  return `no policy that selects the endpoint speaks of ${direction}`;
}
