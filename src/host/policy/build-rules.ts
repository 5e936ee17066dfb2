import type { PolicyRevision } from "../../api/identity.ts";
import type { RulesOfDirections } from "../../policy/description/decode-rules.ts";
import type { RulesDescription, RulesPair } from "../../policy/description/policy-description.ts";
import type { DirectionPair } from "../../policy/direction-pair.ts";
import { DirectionRules } from "../../policy/direction-rules.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import type { PolicyEntry } from "../../policy/policy-entry.ts";
import type { EndpointSelector } from "../../policy/rule.ts";
import type { CachedSelector, SelectorCache, SelectorUser } from "../../policy/selector-cache.ts";
import { SelectorPolicy } from "../../policy/selector-policy.ts";

/** Rules that many endpoints share have no revision of their own. */
const NO_REVISION = 0 as PolicyRevision;
/** Of a direction that is denied: nobody looks at them. */
const NO_RULES: RulesPair = { enforced: { enforced: true, entries: [] } };

/** @param user Holds the selectors of the rules from now on. */
export function buildRules(
  { ingress, egress }: RulesOfDirections,
  selectors: SelectorCache,
  extensions: ExtensionSource,
  user: SelectorUser,
): SelectorPolicy {
  const held = new Set<CachedSelector>();
  const acquired = new Map<EndpointSelector, CachedSelector>();
  const acquire = (selector: EndpointSelector): CachedSelector => {
    let cached = acquired.get(selector);
    if (cached === undefined) {
      cached = selectors.acquire(selector, user);
      acquired.set(selector, cached);
      held.add(cached);
    }
    return cached;
  };
  const rulesOf = ({ enforced, missing, entries }: RulesDescription): DirectionRules => {
    return new DirectionRules(enforced, entriesOf(entries, acquire), extensions, missing);
  };
  const pairOf = ({ enforced, whole }: RulesPair): DirectionPair => {
    const inForce = rulesOf(enforced);
    return { enforced: inForce, whole: whole === undefined ? inForce : rulesOf(whole) };
  };
  const parts = { ingress: pairOf(ingress ?? NO_RULES), egress: pairOf(egress ?? NO_RULES), selectors: held };
  return new SelectorPolicy({ ...parts, revision: NO_REVISION, ruled: true }, selectors, extensions);
}

function entriesOf(
  entries: RulesDescription["entries"],
  acquire: (selector: EndpointSelector) => CachedSelector,
): readonly PolicyEntry[] {
  const lists = new Map<readonly EndpointSelector[], readonly CachedSelector[]>();
  const peersOf = (selectors: readonly EndpointSelector[]): readonly CachedSelector[] => {
    let cached = lists.get(selectors);
    if (cached === undefined) {
      cached = selectors.map(acquire);
      lists.set(selectors, cached);
    }
    return cached;
  };
  return entries.map(({ deny, audited, peers, requires, ports, l7, origin }, index): PolicyEntry => {
    return {
      index,
      deny,
      audited,
      peers: peers === "all" ? peers : peersOf(peers),
      requires: requires && acquire(requires),
      ports: ports && new Set(ports),
      l7,
      origin,
    };
  });
}
