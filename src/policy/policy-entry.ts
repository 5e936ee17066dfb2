import type { Port } from "../api/identity.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { SelectedRule } from "./repository.ts";
import type { RequestRule } from "./request/rule-conditions.ts";
import type { EndpointSelector, PeerRule, PortRule } from "./rule.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** One allowance of one direction: these peers, on these ports, with these requests. */
export interface PolicyEntry {
  /** Position among the entries of the direction: the first one that allows is the one that a decision names. */
  readonly index: number;
  /** `all`: everybody, known or not. */
  readonly peers: "all" | readonly CachedSelector[];
  /** undefined: every port. Only what holds for TCP. */
  readonly ports: ReadonlySet<Port> | undefined;
  /** undefined: whatever is said on the connection. */
  readonly l7: { readonly parser: string; readonly rules: readonly RequestRule[] } | undefined;
  readonly origin: RuleOrigin;
}

/** The allowances of the rules for one direction, in their order. Items that allow nothing (to anybody, on TCP) have none. */
export function policyEntries(
  rules: readonly SelectedRule[],
  direction: "ingress" | "egress",
  acquire: (selector: EndpointSelector) => CachedSelector,
): readonly PolicyEntry[] {
  const entries: PolicyEntry[] = [];
  for (const { policy, rule } of rules) {
    const originAt = (...path: readonly string[]): RuleOrigin =>
      Object.freeze({ policy, rule: [rule.path, ...path].join("."), labels: rule.labels });
    for (const item of rule[direction]) {
      const peers = peersOf(item, acquire);
      if (peers === undefined) continue;
      if (item.toPorts === undefined) {
        const origin = originAt(item.path);
        entries.push({ index: entries.length, peers, ports: undefined, l7: undefined, origin });
        continue;
      }
      for (const portRule of item.toPorts) {
        const ports = tcpPorts(portRule);
        if (ports.size === 0) continue;
        const l7 = portRule.l7 && {
          parser: portRule.l7.parser,
          rules: portRule.l7.rules.map(({ path, fields }) => ({
            fields,
            origin: originAt(item.path, portRule.path, path),
          })),
        };
        entries.push({ index: entries.length, peers, ports, l7, origin: originAt(item.path, portRule.path) });
      }
    }
  }
  return entries;
}

/** undefined: the item lets nobody in. */
function peersOf(
  { peers, toPorts }: PeerRule,
  acquire: (selector: EndpointSelector) => CachedSelector,
): PolicyEntry["peers"] | undefined {
  if ("selectors" in peers) {
    const selectors = peers.selectors.map(acquire);
    if (selectors.some((cached) => cached.all)) return "all";
    return selectors.length > 0 ? selectors : undefined;
  }
  // An item with neither peers nor ports must not become "everybody everywhere".
  return peers.kind === "any" && toPorts !== undefined ? "all" : undefined;
}

function tcpPorts({ ports }: PortRule): ReadonlySet<Port> {
  return new Set(ports.filter(({ protocol }) => protocol !== "UDP").map(({ port }) => port));
}
