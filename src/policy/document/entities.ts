import { didYouMean } from "../../lib/suggestion.ts";
import { endpointSelector, reservedSelector } from "../endpoint-selector.ts";
import type { EndpointSelector } from "../rule.ts";
import type { Check } from "./check.ts";
import { asText } from "./members.ts";
import { type ListNode, quote } from "./source-node.ts";

/**
 * Entity → the selector that stands for it.
 *
 * `reserved:cluster` is a label that no identity carries: it selects every identity without `reserved:world`, that is
 * endpoints, unmanaged workloads, host, health and init. Whoever does not know of it selects nothing, which is the safe
 * way to be wrong.
 */
const ENTITIES: ReadonlyMap<string, EndpointSelector> = new Map([
  ["all", endpointSelector([])],
  ["world", reservedSelector("world")],
  ["cluster", reservedSelector("cluster")],
  ["host", reservedSelector("host")],
  ["init", reservedSelector("init")],
]);

/**
 * Entities that the list names, with the selectors that stand for them, in order.
 *
 * @param endpoints `fromEndpoints` or `toEndpoints`: where identities that are no entities are named.
 */
export function readEntities(
  list: ListNode,
  path: string,
  endpoints: string,
  check: Check,
): ReadonlyMap<string, EndpointSelector> {
  const entities = new Map<string, EndpointSelector>();
  for (const [index, item] of list.items.entries()) {
    const itemPath = `${path}[${index}]`;
    const name = asText(item, itemPath, "an entity", check.findings);
    if (name === undefined) continue;
    const selector = ENTITIES.get(name);
    if (selector !== undefined) {
      entities.set(name, selector);
    } else if (check.reservedNames.has(name)) {
      const hint = `select it by its label: \`${endpoints}: [{matchLabels: {"reserved:${name}": ""}}]\``;
      check.findings.error(item.at, itemPath, `${quote(name)} is an identity, not an entity`, hint);
    } else {
      const hint = didYouMean(name, ENTITIES.keys()) ?? `known: ${[...ENTITIES.keys()].join(", ")}`;
      check.findings.error(item.at, itemPath, `unknown entity ${quote(name)}`, hint);
    }
  }
  return entities;
}
