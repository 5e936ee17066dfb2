import { CIDR_SOURCE } from "../../labels/cidr-label.ts";
import { parseLabel, RESERVED_SOURCE } from "../../labels/label.ts";
import { IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import type { ObservedSide } from "./observation.ts";

/** How policy names a peer. */
export type Peer =
  | { readonly kind: "endpoints"; readonly labels: readonly string[] }
  | { readonly kind: "entity"; readonly name: string }
  | { readonly kind: "cidr"; readonly cidr: string }
  /** A single address of the world, which may be named as a network. */
  | { readonly kind: "world-address"; readonly cidr: string };

export const WORLD: Peer = { kind: "entity", name: "world" };

/** Reserved identities that are entities, too; the others are selected by their label. */
const ENTITIES: ReadonlySet<string> = new Set(["host", "world", "init"]);

/** undefined: nobody knows who it is, so no rule can name it. */
export function peerOf(side: ObservedSide): Peer | undefined {
  if (side.identity === 0 || side.labels.length === 0) return undefined;
  const labels = side.labels.map((text) => parseLabel(text));
  let network: IpPrefix | undefined;
  let entity: string | undefined;
  for (const parsed of labels) {
    if ("error" in parsed) return undefined;
    const { source, key } = parsed.label;
    if (source === RESERVED_SOURCE) entity = key;
    if (source !== CIDR_SOURCE) continue;
    // In labels, the colons of IPv6 are written `-`.
    const prefix = parsePrefix(key.replaceAll("-", ":"));
    if (prefix !== undefined && prefix.length >= (network?.length ?? 0)) network = prefix;
  }
  if (network !== undefined) return { kind: "cidr", cidr: network.toString() };
  if (entity === "world") return { kind: "world-address", cidr: IpPrefix.host(side.address).toString() };
  if (entity !== undefined && ENTITIES.has(entity)) return { kind: "entity", name: entity };
  return { kind: "endpoints", labels: [...side.labels].sort() };
}

/** Equal peers have equal keys. */
export function peerKey(peer: Peer): string {
  switch (peer.kind) {
    case "endpoints":
      return `endpoints ${JSON.stringify(peer.labels)}`;
    case "entity":
      return `entity ${peer.name}`;
    default:
      return `${peer.kind} ${peer.cidr}`;
  }
}
