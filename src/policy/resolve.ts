import type { RuleOrigin } from "../api/rule-origin.ts";
import type { Identity } from "../identity/allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import type { DirectionPair } from "./direction-pair.ts";
import { DirectionRules } from "./direction-rules.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { type Direction, policyEntries, SECTIONS } from "./policy-entry.ts";
import type { PolicyRepository, SelectedRule } from "./repository.ts";
import type { CachedSelector, SelectorCache, SelectorUser } from "./selector-cache.ts";
import { SelectorPolicy } from "./selector-policy.ts";

/**
 * When policy is enforced. `default`: in each direction as soon as a rule that selects the endpoint speaks of it.
 * `always`: also without any rule. `never`: everything is allowed.
 */
export type EnforcementMode = "default" | "always" | "never";

/** What policies are computed from. */
export interface PolicyContext {
  readonly repository: PolicyRepository;
  readonly selectors: SelectorCache;
  readonly extensions: ExtensionSource;
  /** May change: policies that are computed later follow it. */
  readonly enforcement: EnforcementMode;
}

/**
 * The policy for the endpoints of an identity, from the rules in force: the union of what the rules that select it allow,
 * without what they deny.
 *
 * @param user Holds the selectors of the rules' peers until it releases them, and hears when they select others.
 */
export function resolve(identity: Identity, context: PolicyContext, user: SelectorUser): SelectorPolicy {
  const { repository, selectors, extensions, enforcement } = context;
  const all = repository.rulesFor(identity.labels);
  const enforcing = all.some(({ audited }) => audited) ? all.filter(({ audited }) => !audited) : all;
  const held = new Set<CachedSelector>();

  const direction = (rules: readonly SelectedRule[], name: Direction): DirectionRules => {
    const missing = firstToSpeak(rules, name);
    const speaks = identity.id === ReservedIdentity.Init || missing !== undefined;
    const enforced = enforcement === "always" || (enforcement === "default" && speaks);
    const entries = policyEntries(enforced ? rules : [], name, (selector) => {
      const cached = selectors.acquire(selector, user);
      held.add(cached);
      return cached;
    });
    return new DirectionRules(enforced, entries, extensions, missing);
  };
  const pair = (name: Direction): DirectionPair => {
    const enforced = direction(enforcing, name);
    return { enforced, whole: all === enforcing ? enforced : direction(all, name) };
  };

  const ruled = enforcing.length > 0;
  const parts = { revision: repository.revision, ruled, ingress: pair("ingress"), egress: pair("egress") };
  return new SelectorPolicy({ ...parts, selectors: held }, selectors, extensions);
}

/** The first rule that puts a direction into default deny, as the place where a rule is missing if none allows. */
function firstToSpeak(rules: readonly SelectedRule[], direction: Direction): RuleOrigin | undefined {
  for (const { policy, rule } of rules) {
    const section = SECTIONS[direction].find((name) => rule[name].length > 0);
    if (section === undefined) continue;
    return Object.freeze({ policy, rule: `${rule.path}.${direction}`, labels: rule.labels, effect: "missing" });
  }
  return undefined;
}
