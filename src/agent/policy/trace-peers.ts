import type { NumericIdentity } from "../../api/identity.ts";
import type { ApiProblem } from "../../api/rest.ts";
import type { TracedPeer, TracePeer } from "../../api/trace.ts";
import type { EndpointManager } from "../../endpoint/endpoint-manager.ts";
import type { EndpointStatus } from "../../endpoint/endpoint-status.ts";
import type { Identity, IdentityAllocator } from "../../identity/allocator.ts";
import type { IdentityLabels } from "../../identity/identity-labels.ts";
import { RESERVED_IDENTITIES, ReservedIdentity } from "../../identity/reserved.ts";
import type { IpCache } from "../../ipcache/ipcache.ts";
import { CIDR_SOURCE } from "../../labels/cidr-label.ts";
import { RESERVED_SOURCE } from "../../labels/label.ts";
import { type LabelSet, parseLabels } from "../../labels/label-set.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import { didYouMean } from "../../lib/suggestion.ts";

/** Where sides are looked up. */
export interface PeerSources {
  readonly identities: IdentityAllocator;
  /** Which labels make an identity. */
  readonly identityLabels: IdentityLabels;
  readonly ipCache: IpCache;
  readonly endpoints: EndpointManager;
}

/** One side of a traced connection. */
export interface FoundPeer {
  /** Without a number of its own (`Unknown`) where only labels are known. */
  readonly identity: Identity;
  readonly endpoint: EndpointStatus | undefined;
  readonly report: TracedPeer;
  readonly notes: readonly string[];
}

/** Finds out who is meant. @param side Where problems are, for example `src`. */
export function findPeer(
  side: "src" | "dst",
  peer: TracePeer,
  sources: PeerSources,
): FoundPeer | { readonly problems: readonly ApiProblem[] } {
  if ("labels" in peer) return byLabels(side, peer.labels, sources);
  if ("identity" in peer) return byIdentity(side, peer.identity, sources);
  if ("endpoint" in peer) return byEndpoint(side, peer.endpoint, sources);
  return byAddress(side, peer.address, sources);
}

/** Names of `reserved:…` that stand for no workload of an agent. */
const NO_ENDPOINTS: ReadonlySet<string> = new Set(["host", "world", "unmanaged", "health"]);

/** Why nobody enforces a policy of this side; undefined: it may be an endpoint. Networks are part of the world. */
export function whyNoPolicy({ labels }: LabelSet): string | undefined {
  const reserved = labels.find(({ source, key }) => source === RESERVED_SOURCE && NO_ENDPOINTS.has(key));
  return reserved && `${RESERVED_SOURCE}:${reserved.key} is no endpoint and has no policy of its own`;
}

function byLabels(
  side: string,
  texts: readonly string[],
  { endpoints, identityLabels }: PeerSources,
): FoundPeer | { readonly problems: readonly ApiProblem[] } {
  const parsed = parseLabels(texts);
  if ("errors" in parsed) {
    return {
      problems: parsed.errors.map(({ index, message }) =>
        problem(index === undefined ? `${side}.labels` : `${side}.labels[${index}]`, message),
      ),
    };
  }
  const given = parsed.labels;
  if (given.labels.length === 0) {
    return { problems: [problem(`${side}.labels`, "there are no labels", "an endpoint without any is reserved:init")] };
  }
  // Whoever weir itself has named is no workload, whose labels would be filtered.
  const named = given.hasSource(RESERVED_SOURCE) || given.hasSource(CIDR_SOURCE);
  const { identity: labels, informational } = named
    ? { identity: given, informational: undefined }
    : identityLabels.split(given);
  const notes = texts
    .filter((text) => endpoints.get(text) !== undefined)
    .map((text) => `${side}: \`${text}\` was read as a label; there is an endpoint of this name, \`endpoint:${text}\``);
  for (const text of informational?.texts ?? []) {
    notes.push(
      `${side}: ${text} is no part of an identity, so no policy can select by it (see \`identityLabels\` in docs/configuration.md)`,
    );
  }
  const reserved = RESERVED_IDENTITIES.find((one) => one.labels.key === labels.key);
  const identity = reserved ?? { id: ReservedIdentity.Unknown, labels };
  return { identity, endpoint: undefined, report: reportOf(identity), notes };
}

function byIdentity(
  side: string,
  id: number,
  { identities }: PeerSources,
): FoundPeer | { readonly problems: readonly ApiProblem[] } {
  const identity = identities.get(id as NumericIdentity);
  if (identity === undefined) {
    const hint = "`weir identity list` lists those that are there";
    return { problems: [problem(`${side}.identity`, `there is no identity ${id}`, hint)] };
  }
  return { identity, endpoint: undefined, report: reportOf(identity), notes: [] };
}

function byEndpoint(
  side: string,
  name: string,
  { identities, endpoints }: PeerSources,
): FoundPeer | { readonly problems: readonly ApiProblem[] } {
  const endpoint = endpoints.get(name);
  if (endpoint === undefined) {
    const names = endpoints.list().map((one) => one.name);
    const hint = didYouMean(name, names) ?? "`weir endpoint list` lists those that are there";
    return { problems: [problem(`${side}.endpoint`, `there is no endpoint ${JSON.stringify(name)}`, hint)] };
  }
  const identity = identities.get(endpoint.identity as NumericIdentity);
  if (identity === undefined) {
    return { problems: [problem(`${side}.endpoint`, `endpoint ${JSON.stringify(name)} has no identity yet`)] };
  }
  return found(identity, endpoint, side);
}

function byAddress(
  side: string,
  text: string,
  { identities, ipCache, endpoints }: PeerSources,
): FoundPeer | { readonly problems: readonly ApiProblem[] } {
  const address = parseAddress(text);
  if (address === undefined) {
    const hint = "names are not looked up";
    return { problems: [problem(`${side}.address`, `${JSON.stringify(text)} is no IPv4 or IPv6 address`, hint)] };
  }
  const id = ipCache.lookup(address);
  const identity = identities.get(id);
  if (identity === undefined) {
    return { problems: [problem(`${side}.address`, `the identity of ${address}, ${id}, is about to go; ask again`)] };
  }
  const canonical = address.toString();
  const endpoint = endpoints.list().find((one) => one.identity === id && one.addresses.includes(canonical));
  const peer = found(identity, endpoint, side);
  return { ...peer, report: { ...peer.report, address: canonical } };
}

function found(identity: Identity, endpoint: EndpointStatus | undefined, side: string): FoundPeer {
  const notes: string[] = [];
  if (endpoint?.failure !== undefined) {
    const { realized } = endpoint.revision;
    const kept = realized > 0 ? `what it enforces is revision ${realized}` : "it denies everything";
    notes.push(`${side}: the newest policy of endpoint ${endpoint.name} is not in force: ${endpoint.failure}; ${kept}`);
  }
  return { identity, endpoint, report: reportOf(identity, endpoint?.name), notes };
}

function reportOf({ id, labels }: Identity, endpoint?: string): TracedPeer {
  return {
    labels: labels.texts,
    ...(id === ReservedIdentity.Unknown ? {} : { identity: id }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

function problem(path: string, message: string, hint?: string): ApiProblem {
  return { source: "body", line: 0, column: 0, path, message, ...(hint === undefined ? {} : { hint }) };
}
