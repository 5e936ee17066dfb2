import type { DirectionDescription, RulesDescription } from "../policy/description/policy-description.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";

/** One data plane does not take an endpoint's newest policy. */
export interface Refusal {
  readonly dataPlane: string;
  readonly policy: EndpointPolicy;
  readonly reason: string;
}

/** Keys of the documents whose rules the refused policy has: any of them may be the cause. */
export function refusedDocuments({ policy }: Refusal): ReadonlySet<string> {
  const description = policy.description?.();
  if (description === undefined) return new Set();
  return new Set([description.ingress, description.egress].flatMap(documentsOf));
}

function documentsOf(direction: DirectionDescription): string[] {
  if (direction.kind === "denied") return [];
  const { enforced, whole } = direction.rules;
  return [...namedIn(enforced), ...(whole === undefined ? [] : namedIn(whole))];
}

/** What puts the direction into default deny counts, although it allows nothing. */
function namedIn({ entries, missing }: RulesDescription): string[] {
  return [...entries.map(({ origin }) => origin.policy), ...(missing === undefined ? [] : [missing.policy])];
}
