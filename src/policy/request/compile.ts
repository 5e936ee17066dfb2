import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import type { Decision, RequestMatcher } from "../endpoint-policy.ts";
import { buildRuleIndex } from "./build-rule-index.ts";
import { type Condition, conditionKey } from "./condition.ts";
import { DecisionCache, decisionKey } from "./decision-cache.ts";
import { RequestView } from "./request-view.ts";
import { attributesOf, conditionsOf, type RequestRule } from "./rule-conditions.ts";
import { NO_RULE, type RuleIndex } from "./rule-index.ts";

/**
 * Where a request may cost so many expressions, decisions are remembered. Below, remembering costs more than testing
 * again.
 */
const CACHED_TESTS_MIN = 4;

const DENIED: Decision = Object.freeze({ allowed: false, audited: false, origin: undefined });

/**
 * Builds what decides the requests to one port under one set of rules: allowed by the first of `rules` that fits, denied
 * if none does. A rule without conditions fits every request. The matcher keeps neither the request nor its lists.
 *
 * Throws WEIR_POLICY_INVALID for a rule that the declaration does not allow.
 */
export function compileRequestMatcher(
  declaration: ExtensionDeclaration,
  rules: readonly RequestRule[],
): RequestMatcher {
  const conjunctions: (readonly Condition[])[] = [];
  const decisions: Decision[] = [];
  const seen = new Set<string>();
  let open = true;
  for (const rule of rules) {
    // Also those that can no longer decide are checked.
    const conditions = conditionsOf(declaration, rule);
    const key = conditions.map(conditionKey).join("\n");
    if (!open || seen.has(key)) continue;
    seen.add(key);
    conjunctions.push(conditions);
    decisions.push(Object.freeze({ allowed: true, audited: false, origin: rule.origin }));
    open = conditions.length > 0;
  }
  return new IndexedMatcher(attributesOf(declaration), conjunctions, decisions);
}

/**
 * How many of the rules hold an expression without literal text, such as `[0-9]+`. Nothing can rule those out, so each
 * costs every request one test; an importer warns of many.
 */
export function uncostedRegexCount(declaration: ExtensionDeclaration, rules: readonly RequestRule[]): number {
  return rules.filter((rule) => conditionsOf(declaration, rule).some(hasNoLiteral)).length;
}

function hasNoLiteral(condition: Condition): boolean {
  return (
    condition.kind === "regex" && condition.regex.literal.prefix === "" && condition.regex.literal.substring === ""
  );
}

class IndexedMatcher implements RequestMatcher {
  readonly #index: RuleIndex;
  /** By position. */
  readonly #decisions: readonly Decision[];
  readonly #judged: readonly number[];
  readonly #view: RequestView;
  readonly #cache: DecisionCache | undefined;

  constructor(
    attributes: readonly string[],
    conjunctions: readonly (readonly Condition[])[],
    decisions: readonly Decision[],
  ) {
    const conditions = conjunctions.flat();
    this.#index = buildRuleIndex(conjunctions);
    this.#decisions = decisions;
    this.#judged = [...new Set(conditions.map((condition) => condition.attribute))].sort((a, b) => a - b);
    this.#view = new RequestView(attributes, this.#judged);
    this.#cache = this.#index.testsMax >= CACHED_TESTS_MIN ? new DecisionCache() : undefined;
  }

  match(request: Request): Decision {
    const view = this.#view;
    view.fill(request);
    const decision = this.#cache === undefined ? this.#decide() : this.#remembered(this.#cache);
    view.clear();
    return decision;
  }

  #decide(): Decision {
    const position = this.#index.find(this.#view, NO_RULE);
    return position === NO_RULE ? DENIED : this.#decisions[position]!;
  }

  #remembered(cache: DecisionCache): Decision {
    const key = decisionKey(this.#view, this.#judged);
    if (key === undefined) return this.#decide();
    const known = cache.get(key);
    if (known !== undefined) return known;
    const decision = this.#decide();
    cache.set(key, decision);
    return decision;
  }
}
