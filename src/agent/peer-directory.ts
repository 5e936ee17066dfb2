import type { IdentityLookup, PeerIdentity } from "../datapath/embedded/identity-lookup.ts";
import type { Identity, IdentityAllocator } from "../identity/allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import type { IpAddress } from "../lib/ip/address.ts";
import { parsePrefix } from "../lib/ip/prefix.ts";

/** Addresses that are the machine itself and no workload. */
const HOST_PREFIXES = ["127.0.0.1/32", "::1/128"];

/** Tells data planes who is behind an address or a name: from the ipcache, and from the endpoints of this agent. */
export class PeerDirectory implements IdentityLookup {
  private readonly ipCache: IpCache;
  private readonly identities: IdentityAllocator;
  private readonly byAddress = new Map<string, PeerIdentity>();
  private readonly byName = new Map<string, PeerIdentity>();

  constructor(ipCache: IpCache, identities: IdentityAllocator) {
    this.ipCache = ipCache;
    this.identities = identities;
    for (const text of HOST_PREFIXES) {
      const prefix = parsePrefix(text);
      if (prefix !== undefined) ipCache.upsert(prefix, ReservedIdentity.Host, "agent-local");
    }
  }

  /** Makes an endpoint known by its name. Its addresses are in the ipcache already. */
  add(name: string, addresses: readonly IpAddress[], identity: Identity): void {
    const peer: PeerIdentity = { identity: identity.id, labels: identity.labels.texts, endpoint: name };
    this.byName.set(name, peer);
    for (const address of addresses) this.byAddress.set(address.toString(), peer);
  }

  ofEndpoint(name: string): PeerIdentity | undefined {
    return this.byName.get(name);
  }

  ofAddress(address: IpAddress): PeerIdentity {
    const identity = this.ipCache.lookup(address);
    const endpoint = this.byAddress.get(address.toString());
    // The ipcache decides; the endpoint's name is told only where both mean the same.
    if (endpoint?.identity === identity) return endpoint;
    return { identity, labels: this.identities.get(identity)?.labels.texts ?? [] };
  }
}
