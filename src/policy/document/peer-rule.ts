import type { EndpointSelector, PeerRule, PortRule } from "../rule.ts";
import type { Check } from "./check.ts";
import { readEntities } from "./entities.ts";
import { asList, asMap, join, type Members, readMembers } from "./members.ts";
import { readPortRule } from "./port-rule.ts";
import { readPeer } from "./selector.ts";
import type { SourceNode } from "./source-node.ts";

export type Direction = "ingress" | "egress";

const PEER_MEMBERS = {
  ingress: { level: "ingressItem", endpoints: "fromEndpoints", entities: "fromEntities" },
  egress: { level: "egressItem", endpoints: "toEndpoints", entities: "toEntities" },
} as const;

/**
 * One item of `ingress` or `egress`. `everywhere`: peers are not confined to the document's namespace.
 * What comes back is whole only if no error was found.
 */
export function readPeerRule(
  node: SourceNode,
  path: string,
  rulePath: string,
  direction: Direction,
  everywhere: boolean,
  check: Check,
): PeerRule {
  const { findings } = check;
  const nothing: PeerRule = { path: rulePath, peers: { kind: "none" }, requires: [], toPorts: undefined };
  const hint = "write `{}` for an item that allows nothing";
  const map = asMap(node, path, `an item of \`${direction}\``, findings, hint);
  if (map === undefined) return nothing;
  const names = PEER_MEMBERS[direction];
  const members = readMembers(map, names.level, path, findings);
  if (members.size === 0) return nothing;
  const endpoints = members.get(names.endpoints);
  const entities = members.get(names.entities);
  if (endpoints !== undefined && entities !== undefined) {
    const message = `\`${names.endpoints}\` and \`${names.entities}\` cannot stand in one item`;
    const second = map.entries.findLast((entry) => entry === endpoints || entry === entities) ?? endpoints;
    findings.error(second.keyAt, join(path, second.key), message, "write an item for each");
  }
  const selectors = readEndpoints(members, names.endpoints, path, everywhere, check);
  const named = readEntitiesMember(members, names.entities, path, check);
  return {
    path: rulePath,
    peers:
      endpoints !== undefined
        ? { kind: "endpoints", selectors }
        : entities !== undefined
          ? { kind: "entities", names: [...named.keys()], selectors: [...named.values()] }
          : { kind: "any" },
    requires: [],
    toPorts: readToPorts(members, path, check),
  };
}

function readEndpoints(
  members: Members,
  name: string,
  path: string,
  everywhere: boolean,
  check: Check,
): EndpointSelector[] {
  const list = peerList(members, name, path, check, "write `[{}]` for every peer");
  const selectors: EndpointSelector[] = [];
  for (const [index, item] of list?.items.entries() ?? []) {
    const selector = readPeer(item, `${join(path, name)}[${index}]`, everywhere, check);
    if (selector !== undefined) selectors.push(selector);
  }
  return selectors;
}

function readEntitiesMember(
  members: Members,
  name: string,
  path: string,
  check: Check,
): ReadonlyMap<string, EndpointSelector> {
  const list = peerList(members, name, path, check, "write `[all]` for every peer");
  return list === undefined ? new Map() : readEntities(list, join(path, name), check);
}

function peerList(members: Members, name: string, path: string, check: Check, everyPeer: string) {
  const entry = members.get(name);
  if (entry === undefined) return undefined;
  const list = asList(entry.value, join(path, name), `\`${name}\``, check.findings, everyPeer);
  if (list?.items.length === 0) {
    const message = `\`${name}: []\` selects no peer, so this item allows nothing`;
    check.findings.warn(entry.keyAt, join(path, name), message, everyPeer);
  }
  return list;
}

function readToPorts(members: Members, path: string, check: Check): PortRule[] | undefined {
  const entry = members.get("toPorts");
  if (entry === undefined) return undefined;
  const toPortsPath = join(path, "toPorts");
  const hint = "remove it to allow all ports, or list the ports";
  const list = asList(
    entry.value,
    toPortsPath,
    "`toPorts`",
    check.findings,
    entry.value.kind === "null" ? hint : undefined,
  );
  if (list?.items.length === 0) check.findings.error(entry.keyAt, toPortsPath, "`toPorts` lists no ports", hint);
  const rules: PortRule[] = [];
  for (const [index, item] of list?.items.entries() ?? []) {
    const rule = readPortRule(item, `${toPortsPath}[${index}]`, `toPorts[${index}]`, check);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}
