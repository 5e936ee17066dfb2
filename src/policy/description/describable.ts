import type { DirectionPolicy, EndpointPolicy } from "../endpoint-policy.ts";
import type { DirectionDescription, PolicyDescription } from "./policy-description.ts";

/** The same policy, able to say what it is. Nothing is made of that before somebody asks. */
export function describable(policy: EndpointPolicy): EndpointPolicy {
  const { endpoint, identity, revision, ingress, egress } = policy;
  const description = (): PolicyDescription => {
    return { endpoint, identity, revision, ingress: describe(ingress), egress: describe(egress) };
  };
  return { ...policy, description };
}

/** What cannot be told must not be taken for open. */
function describe(direction: DirectionPolicy): DirectionDescription {
  return direction.description?.() ?? { kind: "denied" };
}
