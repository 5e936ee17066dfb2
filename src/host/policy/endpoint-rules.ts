import { DENY_ALL } from "../../policy/deny-all.ts";
import type { ReferringPolicy } from "../../policy/description/decode-policy.ts";
import type { DirectionPolicy, EndpointPolicy } from "../../policy/endpoint-policy.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import { observed } from "../../policy/observed.ts";
import type { Direction } from "../../policy/policy-entry.ts";
import type { Rules } from "./rules-in-use.ts";

const DIRECTIONS: readonly Direction[] = ["ingress", "egress"];

/** What one endpoint makes of the rules. undefined: it has none, and both directions are denied. */
export function endpointPolicy(encoded: ReferringPolicy, rules: Rules | undefined): EndpointPolicy {
  const { endpoint, identity, revision } = encoded;
  const direction = (name: Direction): DirectionPolicy => {
    const use = encoded[name];
    if (use.kind === "denied" || rules === undefined) return DENY_ALL;
    const { audited, policies } = rules.policy;
    return observed((use.audit ? audited : policies)[name], use.observe);
  };
  return { endpoint, identity, revision, ingress: direction("ingress"), egress: direction("egress") };
}

/** Why the policy cannot be put in force with the extensions of this host. */
export async function policyProblems(
  encoded: ReferringPolicy,
  rules: Rules | undefined,
  extensions: ExtensionSource,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const name of DIRECTIONS) {
    const use = encoded[name];
    const told = rules?.directions.has(name) ?? false;
    if (use.kind === "denied") {
      if (told) problems.push(`${name} is denied, and yet has rules`);
      continue;
    }
    if (!told) problems.push(`${name} has no rules`);
    for (const [port, extension] of use.observe) {
      if (extensions.get(extension) !== undefined) continue;
      problems.push(`there is no extension ${JSON.stringify(extension)} to read ${name} port ${port}`);
    }
    // What is audited alone refuses nothing: what cannot be read passes, and is recorded.
    if (rules !== undefined && !use.audit) problems.push(...(await rules.problems(name)));
  }
  return problems;
}
