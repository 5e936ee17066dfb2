import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import { fulfilledByAll, fulfilledBySome } from "./fulfilment.ts";
import { RequestView } from "./request-view.ts";
import { attributesOf, conditionFieldsOf, conditionsOf, type RequestRule } from "./rule-conditions.ts";

/** How one rule stands to one request. */
export interface RuleExplanation {
  readonly rule: RequestRule;
  /** Names of its fields whose condition the request does not fulfil, cheapest first. Empty: the rule fits. */
  readonly failing: readonly string[];
}

/**
 * Judges a request by every rule alone, by the code that the matcher is made of. Slow; for explanations. Which rule
 * decides is the matcher's to say.
 *
 * Throws WEIR_POLICY_INVALID for a rule that the declaration does not allow.
 */
export function explainRequest(
  declaration: ExtensionDeclaration,
  rules: readonly RequestRule[],
  request: Request,
): readonly RuleExplanation[] {
  const attributes = attributesOf(declaration);
  const view = new RequestView(attributes, [...attributes.keys()]);
  view.fill(request);
  return rules.map((rule) => {
    const fulfilled = rule.deny === true ? fulfilledBySome : fulfilledByAll;
    const conditions = conditionsOf(declaration, rule);
    const failing = conditionFieldsOf(declaration, rule).filter((_, index) => !fulfilled(conditions[index]!, view));
    return { rule, failing };
  });
}
