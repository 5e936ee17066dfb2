import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { Decision, MatcherSource, RequestMatcher } from "../endpoint-policy.ts";
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
 * Builds what decides the requests to one port under one set of rules. A request that a deny rule fits is refused, and the
 * first such rule is named; any other is allowed by the first allow rule that fits, and refused if none does. A rule
 * without conditions fits every request. An allow rule fits several values of an attribute only if all of them fulfil its
 * condition, a deny rule if one does. The matcher keeps neither the request nor its lists.
 *
 * Throws WEIR_POLICY_INVALID for a rule that the declaration does not allow.
 */
export function compileRequestMatcher(
  declaration: ExtensionDeclaration,
  rules: readonly RequestRule[],
): RequestMatcher {
  const denials = new RuleList(false);
  const allowances = new RuleList(true);
  // Also those that can no longer decide are checked.
  for (const rule of rules)
    (rule.deny === true ? denials : allowances).add(conditionsOf(declaration, rule), rule.origin);
  return new IndexedMatcher({ kind: "rules", rules }, attributesOf(declaration), denials, allowances);
}

/** The rules of one effect that can decide, in their order. */
class RuleList {
  readonly conjunctions: (readonly Condition[])[] = [];
  /** By position. */
  readonly decisions: Decision[] = [];
  readonly #allowed: boolean;
  readonly #seen = new Set<string>();
  #open = true;

  constructor(allowed: boolean) {
    this.#allowed = allowed;
  }

  add(conditions: readonly Condition[], origin: RuleOrigin): void {
    const key = conditions.map(conditionKey).join("\n");
    if (!this.#open || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.conjunctions.push(conditions);
    this.decisions.push(Object.freeze({ allowed: this.#allowed, audited: false, origin }));
    this.#open = conditions.length > 0;
  }
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
  readonly source: MatcherSource;
  /** Without deny rules undefined, which costs nothing. */
  readonly #denyIndex: RuleIndex | undefined;
  readonly #denials: readonly Decision[];
  readonly #allowIndex: RuleIndex;
  readonly #allowances: readonly Decision[];
  readonly #judged: readonly number[];
  readonly #view: RequestView;
  readonly #cache: DecisionCache | undefined;

  constructor(source: MatcherSource, attributes: readonly string[], denials: RuleList, allowances: RuleList) {
    this.source = source;
    const conditions = [...denials.conjunctions, ...allowances.conjunctions].flat();
    this.#denyIndex = denials.conjunctions.length > 0 ? buildRuleIndex(denials.conjunctions) : undefined;
    this.#denials = denials.decisions;
    this.#allowIndex = buildRuleIndex(allowances.conjunctions);
    this.#allowances = allowances.decisions;
    this.#judged = [...new Set(conditions.map((condition) => condition.attribute))].sort((a, b) => a - b);
    this.#view = new RequestView(attributes, this.#judged);
    const testsMax = (this.#denyIndex?.testsMax ?? 0) + this.#allowIndex.testsMax;
    this.#cache = testsMax >= CACHED_TESTS_MIN ? new DecisionCache() : undefined;
  }

  match(request: Request): Decision {
    const view = this.#view;
    view.fill(request);
    const decision = this.#cache === undefined ? this.#decide() : this.#remembered(this.#cache);
    view.clear();
    return decision;
  }

  #decide(): Decision {
    if (this.#denyIndex !== undefined) {
      const denial = this.#denyIndex.findSome(this.#view);
      if (denial !== NO_RULE) return this.#denials[denial]!;
    }
    const position = this.#allowIndex.find(this.#view, NO_RULE);
    return position === NO_RULE ? DENIED : this.#allowances[position]!;
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
