import type { IdentityLookup, PeerIdentity } from "../datapath/embedded/identity-lookup.ts";
import type { Identity, IdentityAllocator } from "../identity/allocator.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import type { IpAddress } from "../lib/ip/address.ts";
import type { EndpointListener } from "./endpoint-manager.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";

interface Entry {
  readonly peer: PeerIdentity;
  readonly addresses: readonly IpAddress[];
}

/** Tells data planes who is behind an address or a name: from the ipcache, and from the endpoints that there are. */
export class PeerDirectory implements IdentityLookup, EndpointListener {
  private readonly ipCache: IpCache;
  private readonly identities: Pick<IdentityAllocator, "get">;
  private readonly byAddress = new Map<string, PeerIdentity>();
  private readonly byName = new Map<string, Entry>();

  constructor(ipCache: IpCache, identities: Pick<IdentityAllocator, "get">) {
    this.ipCache = ipCache;
    this.identities = identities;
  }

  settled({ name, addresses }: Pick<EndpointSpec, "name" | "addresses">, identity: Identity): void {
    this.gone(name);
    const peer: PeerIdentity = { identity: identity.id, labels: identity.labels.texts, endpoint: name };
    this.byName.set(name, { peer, addresses });
    for (const address of addresses) this.byAddress.set(address.toString(), peer);
  }

  gone(name: string): void {
    const entry = this.byName.get(name);
    if (entry === undefined) return;
    this.byName.delete(name);
    for (const address of entry.addresses) this.byAddress.delete(address.toString());
  }

  ofEndpoint(name: string): PeerIdentity | undefined {
    return this.byName.get(name)?.peer;
  }

  ofAddress(address: IpAddress): PeerIdentity {
    const identity = this.ipCache.lookup(address);
    const endpoint = this.byAddress.get(address.toString());
    // The ipcache decides; the endpoint's name is told only where both mean the same.
    if (endpoint?.identity === identity) return endpoint;
    return { identity, labels: this.identities.get(identity)?.labels.texts ?? [] };
  }
}
