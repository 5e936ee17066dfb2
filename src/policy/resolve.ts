import type { Identity } from "../identity/allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { DirectionRules } from "./direction-rules.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { policyEntries } from "./policy-entry.ts";
import type { PolicyRepository } from "./repository.ts";
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
  readonly enforcement: EnforcementMode;
}

/**
 * The policy for the endpoints of an identity, from the rules in force: the union of what the rules that select it allow.
 *
 * @param user Holds the selectors of the rules' peers until it releases them, and hears when they select others.
 */
export function resolve(identity: Identity, context: PolicyContext, user: SelectorUser): SelectorPolicy {
  const { repository, extensions, enforcement } = context;
  const rules = repository.rulesFor(identity.labels);
  const held = new Set<CachedSelector>();
  const direction = (name: "ingress" | "egress"): DirectionRules => {
    const speaks = identity.id === ReservedIdentity.Init || rules.some(({ rule }) => rule[name].length > 0);
    const enforced = enforcement === "always" || (enforcement === "default" && speaks);
    const entries = policyEntries(enforced ? rules : [], name, (selector) => {
      const cached = context.selectors.acquire(selector, user);
      held.add(cached);
      return cached;
    });
    return new DirectionRules(enforced, entries, extensions);
  };
  const [ingress, egress] = [direction("ingress"), direction("egress")];
  return new SelectorPolicy(repository.revision, rules.length > 0, ingress, egress, held, extensions);
}
