import type { NumericIdentity } from "../../api/identity.ts";
import { PeerDirectory } from "../../endpoint/peer-directory.ts";
import type { Identity } from "../../identity/allocator.ts";
import { IpCache, type IpCacheSource } from "../../ipcache/ipcache.ts";
import type { IpPrefix } from "../../lib/ip/prefix.ts";
import { parsePrefix } from "../../lib/ip/prefix.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import { type AddressIdentity, addressName, decodeAddress } from "../../resources/address-resource.ts";
import { decodeEndpoint, type EndpointIdentity } from "../../resources/endpoint-resource.ts";
import { decodeIdentity, identityName } from "../../resources/identity-resource.ts";
import type { Resource } from "../../xds/resource.ts";
import { type EndpointLabels, EndpointPolicies } from "./endpoint-policies.ts";
import { MirroredIdentities } from "./mirrored-identities.ts";
import { SharedRules } from "./rules-in-use.ts";

/** All numbers of workloads and networks, and the fixed ones. */
const IDENTITIES_MAX = 2 * 65_535 + 256;
const ENDPOINTS_MAX = 65_535;
/** The agent has weighed its sources already: here there is one. */
const AGENT: IpCacheSource = "agent-local";

/** What became of resources that say who is who. */
export type WhoChange =
  | { readonly reason: string }
  /** `moved`: addresses or endpoints stand for others than before. */
  | { readonly reason: undefined; readonly moved: boolean };

/** All that one agent process has said: who is who, and what each endpoint may do. Numbers mean nothing outside of it. */
export class World implements EndpointLabels {
  readonly peers: PeerDirectory;
  readonly rules: SharedRules;
  readonly policies: EndpointPolicies;
  private readonly identities = new MirroredIdentities();
  private readonly ipCache = new IpCache();
  private readonly endpoints = new Map<string, EndpointIdentity>();

  constructor(extensions: ExtensionSource) {
    this.peers = new PeerDirectory(this.ipCache, this.identities);
    this.rules = new SharedRules(new SelectorCache(this.identities), extensions);
    this.policies = new EndpointPolicies(this.rules, this);
  }

  identityOf(endpoint: string): NumericIdentity | undefined {
    return this.endpoints.get(endpoint)?.identity;
  }

  labelsKeyOf(id: NumericIdentity): string | undefined {
    return this.identities.get(id)?.labels.key;
  }

  changeIdentities(put: readonly Resource[], removed: readonly string[]): WhoChange {
    const decoded = decodeAll(
      put,
      "identity",
      (resource): { readonly error: string } | { readonly value: Identity } => {
        const one = decodeIdentity(resource.value);
        if ("error" in one) return one;
        const named = resource.name === identityName(one.identity.id);
        return named ? { value: one.identity } : { error: `it is that of ${one.identity.id}` };
      },
    );
    if ("reason" in decoded) return decoded;
    if (this.identities.size + decoded.values.length > IDENTITIES_MAX) {
      return { reason: `there are more than ${IDENTITIES_MAX} identities` };
    }
    let moved = false;
    for (const identity of decoded.values) {
      const known = this.identities.get(identity.id);
      // Whoever had the number is gone, although that may be told only later.
      if (known !== undefined && known.labels.key !== identity.labels.key) moved = this.orphan(identity.id) || moved;
      this.identities.put(identity);
    }
    for (const name of removed) this.identities.delete(Number(name) as NumericIdentity);
    return { reason: undefined, moved };
  }

  changeAddresses(put: readonly Resource[], removed: readonly string[]): WhoChange {
    type Decoded = { readonly error: string } | { readonly value: AddressIdentity };
    const decoded = decodeAll(put, "address", (resource): Decoded => {
      const one = decodeAddress(resource.value);
      if ("error" in one) return one;
      const { prefix, identity } = one.address;
      if (resource.name !== addressName(prefix)) return { error: `it is that of ${prefix}` };
      // Rules that deny somebody could not find out that it is him.
      if (this.identities.get(identity) === undefined) return { error: `identity ${identity} is not known` };
      return { value: one.address };
    });
    if ("reason" in decoded) return decoded;
    const gone: IpPrefix[] = [];
    for (const name of removed) {
      const prefix = parsePrefix(name);
      if (prefix === undefined) return { reason: `address ${JSON.stringify(name)}: it is no prefix` };
      gone.push(prefix);
    }
    let moved = false;
    const stop = this.ipCache.subscribe(() => {
      moved = true;
    });
    try {
      for (const { prefix, identity } of decoded.values) this.ipCache.upsert(prefix, identity, AGENT);
    } finally {
      for (const prefix of gone) this.ipCache.remove(prefix, AGENT);
      stop();
    }
    return { reason: undefined, moved };
  }

  changeEndpoints(put: readonly Resource[], removed: readonly string[]): WhoChange {
    type Decoded = { readonly error: string } | { readonly value: EndpointIdentity };
    const decoded = decodeAll(put, "endpoint", (resource): Decoded => {
      const one = decodeEndpoint(resource.value);
      if ("error" in one) return one;
      const { name, identity } = one.endpoint;
      if (resource.name !== name) return { error: `it is that of ${JSON.stringify(name)}` };
      if (this.identities.get(identity) === undefined) return { error: `identity ${identity} is not known` };
      return { value: one.endpoint };
    });
    if ("reason" in decoded) return decoded;
    if (this.endpoints.size + decoded.values.length > ENDPOINTS_MAX) {
      return { reason: `there are more than ${ENDPOINTS_MAX} endpoints` };
    }
    for (const endpoint of decoded.values) {
      this.endpoints.set(endpoint.name, endpoint);
      const identity = this.identities.get(endpoint.identity);
      if (identity !== undefined) this.peers.settled(endpoint, identity);
    }
    for (const name of removed) {
      this.endpoints.delete(name);
      this.peers.gone(name);
    }
    return { reason: undefined, moved: decoded.values.length + removed.length > 0 };
  }

  /** Takes a number from all that have it. Returns whether there was any. */
  private orphan(id: NumericIdentity): boolean {
    const addresses = this.ipCache.list().filter(({ identity }) => identity === id);
    for (const { prefix } of addresses) this.ipCache.remove(prefix, AGENT);
    const endpoints = [...this.endpoints.values()].filter(({ identity }) => identity === id);
    for (const { name } of endpoints) {
      this.endpoints.delete(name);
      this.peers.gone(name);
    }
    return addresses.length + endpoints.length > 0;
  }
}

/** All or none: the reason says which one is wrong. */
function decodeAll<T>(
  resources: readonly Resource[],
  kind: string,
  decode: (resource: Resource) => { readonly error: string } | { readonly value: T },
): { readonly values: readonly T[] } | { readonly reason: string } {
  const values: T[] = [];
  for (const resource of resources) {
    const decoded = decode(resource);
    if ("error" in decoded) return { reason: `${kind} ${JSON.stringify(resource.name)}: ${decoded.error}` };
    values.push(decoded.value);
  }
  return { values };
}
