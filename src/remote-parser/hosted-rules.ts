import type { ExtensionDeclaration } from "../api/extension.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { Decision, RequestMatcher } from "../policy/endpoint-policy.ts";
import { auditedMatcher } from "../policy/request/audited-matcher.ts";
import { compileRequestMatcher } from "../policy/request/compile.ts";
import { constantMatcher } from "../policy/request/constant-matcher.ts";
import type { DescribedMatcher } from "./described-matcher.ts";

/** Stands in the host for a place in a policy that only the owner knows. */
interface NumberedOrigin extends RuleOrigin {
  /** Of the RULES. */
  readonly rules: number;
  readonly decision: number;
}

/** The matcher that RULES with this number describe. Throws where the declaration does not allow a rule. */
export function hostedMatcher(
  rules: number,
  described: DescribedMatcher,
  declaration: ExtensionDeclaration,
): RequestMatcher {
  // Written for errors of `compileRequestMatcher`, which the owner shows.
  const originOf = (decision: number, rule: string): NumberedOrigin => ({
    policy: "in force",
    rule,
    labels: [],
    rules,
    decision,
  });
  switch (described.kind) {
    case "rules":
      return compileRequestMatcher(
        declaration,
        described.rules.map(({ fields, deny, decision }, index) => ({
          fields,
          origin: originOf(decision, `rule ${index}`),
          ...(deny === true && { deny }),
        })),
      );
    case "audited": {
      const { enforced, whole, missing } = described;
      return auditedMatcher(
        enforced === null ? undefined : hostedMatcher(rules, enforced, declaration),
        whole === null ? undefined : hostedMatcher(rules, whole, declaration),
        originOf(missing, "missing"),
      );
    }
    case "constant": {
      const { allowed, audited, decision } = described;
      const origin = decision === 0 ? undefined : originOf(decision, "of the connection");
      return constantMatcher({ allowed, audited, origin });
    }
    default:
      throw new TypeError("no matcher that is known");
  }
}

/** The numbers by which the owner finds the rule that decided. Of no rule: 0 and 0. */
export function numbersOf(decision: Decision): { readonly rules: number; readonly decision: number } {
  return (decision.origin as NumberedOrigin | undefined) ?? NO_RULE;
}

const NO_RULE = { rules: 0, decision: 0 } as const;
