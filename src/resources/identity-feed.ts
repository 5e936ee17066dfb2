import type { EndpointListener } from "../endpoint/endpoint-manager.ts";
import type { EndpointSpec } from "../endpoint/endpoint-spec.ts";
import type { Identity, IdentityAllocator } from "../identity/allocator.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import { addressName, encodeAddress } from "./address-resource.ts";
import { encodeEndpoint } from "./endpoint-resource.ts";
import { encodeIdentity, identityName } from "./identity-resource.ts";

/** Where resources are delivered from. */
export interface IdentityStore {
  put(kind: "Identity" | "Address" | "Endpoint", name: string, value: Uint8Array): unknown;
  remove(kind: "Identity" | "Address" | "Endpoint", name: string): void;
}

/**
 * Says who is who as resources, within each change: whoever is told of a change afterwards finds it in the store already.
 * To be made before the first endpoint comes, and given to the endpoint manager as its listener.
 */
export class IdentityFeed implements EndpointListener {
  private readonly store: IdentityStore;

  constructor(store: IdentityStore, identities: IdentityAllocator, ipCache: IpCache) {
    this.store = store;
    for (const identity of identities.list()) this.known(identity);
    identities.subscribe(({ kind, identity }) => {
      if (kind === "added") this.known(identity);
      else store.remove("Identity", identityName(identity.id));
    });
    for (const { prefix, identity } of ipCache.list()) {
      store.put("Address", addressName(prefix), encodeAddress({ prefix, identity }));
    }
    ipCache.subscribe((prefix, identity) => {
      if (identity === undefined) store.remove("Address", addressName(prefix));
      else store.put("Address", addressName(prefix), encodeAddress({ prefix, identity }));
    });
  }

  settled({ name, addresses }: EndpointSpec, { id: identity }: Identity): void {
    this.store.put("Endpoint", name, encodeEndpoint({ name, identity, addresses }));
  }

  gone(name: string): void {
    this.store.remove("Endpoint", name);
  }

  private known(identity: Identity): void {
    this.store.put("Identity", identityName(identity.id), encodeIdentity(identity));
  }
}
