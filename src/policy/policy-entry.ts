import type { Port } from "../api/identity.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { allOf } from "./endpoint-selector.ts";
import type { SelectedRule } from "./repository.ts";
import type { RequestRule } from "./request/rule-conditions.ts";
import type { EndpointSelector, PeerRule, PortRule, RuleSection } from "./rule.ts";
import type { CachedSelector } from "./selector-cache.ts";

export type Direction = "ingress" | "egress";

/** One statement of one direction: these peers, on these ports, with these requests. */
export interface PolicyEntry {
  /** Position among the entries of the direction: the first one that allows is the one that a decision names. */
  readonly index: number;
  /** Denies, whatever else allows. Has no L7 part. */
  readonly deny: boolean;
  /** Its document is audited, not enforced. */
  readonly audited: boolean;
  /** `all`: everybody, known or not. */
  readonly peers: "all" | readonly CachedSelector[];
  /** Of `peers`, only those are meant whom this selects too. undefined: all of them. */
  readonly requires: CachedSelector | undefined;
  /** undefined: every port. Only what holds for TCP. */
  readonly ports: ReadonlySet<Port> | undefined;
  /** undefined: whatever is said on the connection. */
  readonly l7: { readonly parser: string; readonly rules: readonly RequestRule[] } | undefined;
  /** `policy` is the key of the document. */
  readonly origin: RuleOrigin;
}

export const SECTIONS: Readonly<Record<Direction, readonly RuleSection[]>> = {
  ingress: ["ingress", "ingressDeny"],
  egress: ["egress", "egressDeny"],
};

/** The entries of the rules for one direction, in their order. Items that say nothing (of anybody, on TCP) have none. */
export function policyEntries(
  rules: readonly SelectedRule[],
  direction: Direction,
  acquire: (selector: EndpointSelector) => CachedSelector,
): readonly PolicyEntry[] {
  const entries: PolicyEntry[] = [];
  const requires = new Map(SECTIONS[direction].map((section) => [section, requirementOf(rules, section)]));
  for (const selected of rules) {
    for (const section of SECTIONS[direction]) {
      const required = requires.get(section);
      const deny = section === "ingressDeny" || section === "egressDeny";
      for (const item of selected.rule[section]) {
        const peers = peersOf(item, required, acquire);
        if (peers === undefined) continue;
        for (const part of partsOf(selected, item, deny)) {
          entries.push({ index: entries.length, deny, audited: selected.audited, ...peers, ...part });
        }
      }
    }
  }
  return entries;
}

/** Whether an entry speaks of a peer, given which selectors select the peer. */
export function speaksOfPeer(
  { peers, requires }: Pick<PolicyEntry, "peers" | "requires">,
  selects: (cached: CachedSelector) => boolean,
): boolean {
  return peers === "all" || ((requires === undefined || selects(requires)) && peers.some((cached) => selects(cached)));
}

/**
 * Whoever is named by labels, in whichever rule, must meet the requirements of all rules. One selector for all peers: each
 * joined with all requirements would cost their product. undefined: there are none.
 */
function requirementOf(rules: readonly SelectedRule[], section: RuleSection): EndpointSelector | undefined {
  const required = rules.flatMap(({ rule }) => rule[section].flatMap((item) => item.requires));
  return required.length === 0 ? undefined : allOf(required);
}

/** undefined: the item speaks of nobody. */
function peersOf(
  { peers, toPorts }: PeerRule,
  required: EndpointSelector | undefined,
  acquire: (selector: EndpointSelector) => CachedSelector,
): Pick<PolicyEntry, "peers" | "requires"> | undefined {
  if (!("selectors" in peers)) {
    // An item with neither peers nor ports must not become "everybody everywhere".
    return peers.kind === "any" && toPorts !== undefined ? { peers: "all", requires: undefined } : undefined;
  }
  if (peers.selectors.length === 0) return undefined;
  const requires = peers.kind === "endpoints" && required !== undefined ? acquire(required) : undefined;
  const selectors = peers.selectors.map(acquire);
  if (!selectors.some((cached) => cached.all)) {
    return { peers: selectors, requires: requires?.all === true ? undefined : requires };
  }
  return { peers: requires === undefined || requires.all ? "all" : [requires], requires: undefined };
}

/** What an item says of its peers: once for every port, or for each of its lists of ports. */
function partsOf(
  { policy, rule }: SelectedRule,
  item: PeerRule,
  deny: boolean,
): readonly Pick<PolicyEntry, "ports" | "l7" | "origin">[] {
  const originAt = (denies: boolean, ...path: readonly string[]): RuleOrigin =>
    Object.freeze({
      policy,
      rule: [rule.path, ...path].join("."),
      labels: rule.labels,
      ...(denies ? { effect: "deny" as const } : {}),
    });
  if (item.toPorts === undefined) return [{ ports: undefined, l7: undefined, origin: originAt(deny, item.path) }];
  return item.toPorts.flatMap((portRule) => {
    const ports = tcpPorts(portRule);
    if (ports.size === 0) return [];
    const l7 = portRule.l7 && {
      parser: portRule.l7.parser,
      rules: portRule.l7.rules.map(
        (one): RequestRule => ({
          fields: one.fields,
          deny: one.deny,
          origin: originAt(one.deny, item.path, portRule.path, one.path),
        }),
      ),
    };
    return [{ ports, l7, origin: originAt(deny, item.path, portRule.path) }];
  });
}

function tcpPorts({ ports }: PortRule): ReadonlySet<Port> {
  return new Set(ports.filter(({ protocol }) => protocol !== "UDP").map(({ port }) => port));
}
