import type { DirectionDescription } from "./description/policy-description.ts";
import type { ConnectionVerdict, DirectionPolicy } from "./endpoint-policy.ts";

const NO_POLICY: ConnectionVerdict = Object.freeze({
  kind: "denied",
  reason: "the endpoint has no usable policy; `weir endpoint list` tells why",
  origin: undefined,
});

/** Of an endpoint that has no usable policy. */
export const DENY_ALL: DirectionPolicy = {
  enforced: true,
  lookup: (): ConnectionVerdict => NO_POLICY,
  description: (): DirectionDescription => ({ kind: "denied" }),
};
