import type { DataPlane } from "../../datapath/dataplane.ts";
import { EndpointManager } from "../../endpoint/endpoint-manager.ts";
import type { IdentityAllocator } from "../../identity/allocator.ts";
import { CidrIdentities } from "../../ipcache/cidr-identities.ts";
import type { IpCache } from "../../ipcache/ipcache.ts";
import { PolicyImporter } from "../../policy/importer.ts";
import { PolicyRepository } from "../../policy/repository.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import type { ExtensionRegistry } from "../../proxylib/registry.ts";
import type { PolicyEnforcement } from "../config/config.ts";

/** The way of a policy from its documents to the data planes. */
export interface PolicyCore {
  readonly repository: PolicyRepository;
  readonly importer: PolicyImporter;
  readonly endpoints: EndpointManager;
}

export interface PolicyCoreOptions {
  readonly identities: IdentityAllocator;
  readonly ipCache: IpCache;
  readonly registry: ExtensionRegistry;
  readonly enforcement: PolicyEnforcement;
  readonly dataPlanes: readonly DataPlane[];
}

export function composePolicy(options: PolicyCoreOptions): PolicyCore {
  const { identities, ipCache, registry, enforcement, dataPlanes } = options;
  const selectors = new SelectorCache(identities);
  const repository = new PolicyRepository(selectors);
  const endpoints = new EndpointManager({
    identities,
    ipCache,
    policy: { repository, selectors, extensions: registry, enforcement },
    dataPlanes,
  });
  const moved = async (): Promise<void> => {
    await Promise.all(dataPlanes.map((dataPlane) => dataPlane.identitiesChanged()));
  };
  const networks = new CidrIdentities(identities, ipCache, moved);
  return { repository, endpoints, importer: new PolicyImporter(repository, endpoints, networks) };
}
