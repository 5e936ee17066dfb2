import type { Notes } from "./notes.ts";
import { type Peer, peerKey } from "./peer.ts";
import type { RequestLog } from "./request-log.ts";
import { requestRules } from "./request-rules.ts";
import { type Naming, selectorLabels } from "./selector-labels.ts";
import type { MatchLabel, SuggestedItem, SuggestedPeers, SuggestedPorts } from "./suggested-document.ts";
import type { Flow, PortTraffic } from "./traffic.ts";

/** As many as one entry of `toPorts` may list. */
const PORTS_PER_ENTRY_MAX = 40;

interface Allowed {
  readonly peer: Peer;
  readonly ports: SuggestedPorts[];
}

/** Items that allow all traffic of one direction; equal rules of several peers and ports stand in one. */
export function buildDirection(
  ports: ReadonlyMap<number, PortTraffic>,
  naming: Naming,
  notes: Notes,
): readonly SuggestedItem[] {
  const byPeer = new Map<string, Allowed>();
  for (const [port, traffic] of [...ports].sort(([a], [b]) => a - b)) {
    const proto = protoOf(port, traffic, notes);
    for (const [key, flow] of [...traffic.flows].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const entry = portsOf(port, flow, proto, notes);
      if (entry === undefined) continue;
      const allowed = byPeer.get(key) ?? { peer: flow.peer, ports: [] };
      byPeer.set(key, allowed);
      allowed.ports.push(entry);
    }
  }
  const items = new Map<string, { peers: Peer[]; ports: readonly SuggestedPorts[] }>();
  for (const [, { peer, ports: entries }] of [...byPeer].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const merged = mergePorts(entries);
    const key = JSON.stringify([memberOf(peer), merged.map(meaning)]);
    const item = items.get(key) ?? { peers: [], ports: merged };
    items.set(key, item);
    item.peers.push(peer);
  }
  return [...items.values()].flatMap(({ peers, ports: entries }) => {
    const named = peersOf(peers, naming, notes);
    return named === undefined ? [] : [{ peers: named, ports: entries }];
  });
}

/** The extension that reads the port. Policy can name one alone: the one that was seen last. */
function protoOf(port: number, traffic: PortTraffic, notes: Notes): string | undefined {
  const [last, ...others] = [...traffic.lastSeen].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  for (const [proto] of others) {
    notes.add(`Left out: requests of ${proto} on port ${port}, which ${last?.[0]} reads by now`);
  }
  return last?.[0];
}

function portsOf(port: number, flow: Flow, proto: string | undefined, notes: Notes): SuggestedPorts | undefined {
  const log = proto === undefined ? undefined : flow.requests.get(proto);
  if (log !== undefined && proto !== undefined) {
    if (flow.connections > 0) {
      notes.add(
        `Connections to port ${port} whose requests nobody read: they are judged by what was asked at other times`,
        flow.connections,
      );
    }
    return ofRequests(port, proto, log, notes);
  }
  if (flow.connections > 0) {
    const note = "Nobody read what was asked: the whole port is allowed";
    return { ports: [port], l7: undefined, notes: proto === undefined ? [] : [note] };
  }
  if (flow.denied === 0) return undefined;
  const note = "Was refused before it could ask anything: everything is allowed";
  const l7 = proto === undefined ? undefined : { parser: proto, rules: [{ fields: {}, notes: [] }] };
  return { ports: [port], l7, notes: [note] };
}

function ofRequests(port: number, parser: string, log: RequestLog, notes: Notes): SuggestedPorts | undefined {
  for (const attribute of log.shape?.hidden ?? []) {
    notes.add(`The log of ${parser} does not show ${attribute}: rules say nothing of it`);
  }
  const rules = requestRules(log);
  return rules.length === 0 ? undefined : { ports: [port], l7: { parser, rules }, notes: [] };
}

/** What an entry allows, whatever its comments and ports. */
function meaningOfPort({ l7 }: SuggestedPorts): string {
  return JSON.stringify(l7 === undefined ? null : [l7.parser, l7.rules.map(({ fields }) => fields)]);
}

function meaning(entry: SuggestedPorts): string {
  return JSON.stringify([entry.ports, meaningOfPort(entry)]);
}

/** Ports with the same rules, in one entry as far as one can hold them. */
function mergePorts(entries: readonly SuggestedPorts[]): readonly SuggestedPorts[] {
  const merged = new Map<string, SuggestedPorts[]>();
  for (const entry of entries) {
    const key = meaningOfPort(entry);
    const alike = merged.get(key) ?? [];
    merged.set(key, alike);
    const last = alike.at(-1);
    if (last === undefined || last.ports.length === PORTS_PER_ENTRY_MAX) alike.push(entry);
    else {
      const notes = [...new Set([...last.notes, ...entry.notes])];
      alike[alike.length - 1] = { ...last, ports: [...last.ports, ...entry.ports], notes };
    }
  }
  return [...merged.values()].flat();
}

/** Peers that one item may list together. */
function memberOf(peer: Peer): SuggestedPeers["kind"] {
  if (peer.kind === "endpoints") return "endpoints";
  return peer.kind === "entity" ? "entities" : "cidrs";
}

/** undefined: no selector can name any of them. */
function peersOf(peers: readonly Peer[], naming: Naming, notes: Notes): SuggestedPeers | undefined {
  const selectors: (readonly MatchLabel[])[] = [];
  const names: string[] = [];
  for (const peer of peers) {
    if (peer.kind === "entity") names.push(peer.name);
    else if (peer.kind !== "endpoints") names.push(peer.cidr);
    else {
      const { matchLabels, unnamed } = selectorLabels(peer.labels, naming);
      for (const label of unnamed)
        notes.add(`Wider than seen: no selector can name the label ${JSON.stringify(label)}`);
      if (matchLabels.length > 0 || unnamed.length === 0) selectors.push(matchLabels);
      else notes.add(`Left out: ${peerKey(peer)}, whom no selector can name`);
    }
  }
  if (selectors.length > 0) return { kind: "endpoints", selectors };
  const [first] = peers;
  return names.length === 0 || first === undefined
    ? undefined
    : { kind: first.kind === "entity" ? "entities" : "cidrs", names };
}
