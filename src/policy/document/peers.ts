import type { EndpointSelector, RulePeers } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { cidrSelectors, readCidrSet, readCidrs } from "./cidr-rules.ts";
import { readEntities } from "./entities.ts";
import { asList, join, type Members } from "./members.ts";
import { readPeer, readRequirement } from "./scoping.ts";
import type { PeerMember, SectionNames } from "./section.ts";
import type { ListNode, MapEntry, SourceNode } from "./source-node.ts";

/** Where the members of an item stand. */
export interface ItemPlace {
  readonly path: string;
  readonly names: SectionNames;
  /** Peers are not confined to the document's namespace. */
  readonly everywhere: boolean;
}

const EVERY_PEER: Readonly<Record<PeerMember, string>> = {
  endpoints: "write `[{}]` for every peer",
  cidr: "list networks, for example `[10.0.0.0/8]`",
  cidrSet: "list networks, for example `[{cidr: 10.0.0.0/8}]`",
  entities: "write `[all]` for every peer",
};

const NETWORKS: ReadonlySet<PeerMember> = new Set(["cidr", "cidrSet"]);

/** The peers that an item names; undefined: it has no member for that. Of several, which is an error, the first. */
export function readPeers(members: Members, place: ItemPlace, check: Check): RulePeers | undefined {
  const { path, names } = place;
  let first: { readonly key: string; readonly peers: RulePeers } | undefined;
  for (const entry of members.values()) {
    const member = names.peers.get(entry.key);
    if (member === undefined) continue;
    if (first !== undefined) {
      const message = `\`${first.key}\` and \`${entry.key}\` cannot stand in one item`;
      check.findings.error(entry.keyAt, join(path, entry.key), message, "write an item for each");
    }
    const peers = readPeerMember(entry, member, place, check);
    first ??= { key: entry.key, peers };
  }
  return first?.peers;
}

/** `fromRequires` or `toRequires`. */
export function readRequires(members: Members, place: ItemPlace, check: Check): EndpointSelector[] {
  const name = place.names.requires;
  const entry = members.get(name);
  if (entry === undefined) return [];
  const path = join(place.path, name);
  const hint = "remove it to require nothing";
  const list = asList(entry.value, path, `\`${name}\``, check.findings, entry.value.kind === "null" ? hint : undefined);
  if (list === undefined) return [];
  if (list.items.length === 0) check.findings.error(entry.keyAt, path, `\`${name}\` lists no requirement`, hint);
  return readSelectors(list, entry, path, check, (item, itemPath) =>
    readRequirement(item, itemPath, place.everywhere, check),
  );
}

function readPeerMember(entry: MapEntry, member: PeerMember, place: ItemPlace, check: Check): RulePeers {
  const { names, everywhere } = place;
  const path = join(place.path, entry.key);
  // Who wrote a selector or an entity without its list did not mean everybody.
  const hint = entry.value.kind === "null" || NETWORKS.has(member) ? EVERY_PEER[member] : undefined;
  const list = asList(entry.value, path, `\`${entry.key}\``, check.findings, hint);
  if (list === undefined) return { kind: "none" };
  if (list.items.length === 0) {
    const effect = names.deny ? "denies" : "allows";
    const message = `\`${entry.key}: []\` selects no peer, so this item ${effect} nothing`;
    check.findings.warn(entry.keyAt, path, message, EVERY_PEER[member]);
  }
  switch (member) {
    case "endpoints": {
      const read = (item: SourceNode, itemPath: string) => readPeer(item, itemPath, everywhere, check);
      return { kind: "endpoints", selectors: readSelectors(list, entry, path, check, read) };
    }
    case "cidr":
    case "cidrSet": {
      const cidrs = (member === "cidr" ? readCidrs : readCidrSet)(list, entry.keyAt, path, check);
      return { kind: "cidrs", cidrs, selectors: cidrSelectors(cidrs) };
    }
    case "entities": {
      const entities = readEntities(list, path, names.endpoints, check);
      return { kind: "entities", names: [...entities.keys()], selectors: [...entities.values()] };
    }
  }
}

function readSelectors(
  list: ListNode,
  entry: MapEntry,
  path: string,
  { findings, limits }: Check,
  read: (item: SourceNode, itemPath: string) => EndpointSelector | undefined,
): EndpointSelector[] {
  const hint = "select by a label that they share";
  const items = bounded(list.items, limits.selectorsMax, "selectors in one list", entry.keyAt, path, findings, hint);
  return items.flatMap((item, index) => read(item, `${path}[${index}]`) ?? []);
}
