import type { Port } from "../api/identity.ts";
import { observed } from "../policy/observed.ts";
import type { IdentityPolicy } from "../policy/policy-cache.ts";
import type { DirectionPolicies } from "../policy/selector-policy.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";

/** What one endpoint makes of the policy of its identity: in audit mode nothing is denied; observed ports are read. */
export function composePolicy(policy: IdentityPolicy, { audit, observe }: EndpointSpec): DirectionPolicies {
  const { ingress, egress } = audit ? policy.audited : policy;
  const portsOf = (direction: "ingress" | "egress"): ReadonlyMap<Port, string> =>
    new Map(observe.filter((one) => one.direction === direction).map(({ port, extension }) => [port, extension]));
  return { ingress: observed(ingress, portsOf("ingress")), egress: observed(egress, portsOf("egress")) };
}
