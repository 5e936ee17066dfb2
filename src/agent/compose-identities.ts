import { PeerDirectory } from "../endpoint/peer-directory.ts";
import { IdentityLabels } from "../identity/identity-labels.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { wellKnownIdentities } from "../identity/well-known.ts";
import { putHostAddresses } from "../ipcache/host-addresses.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import type { AgentConfig } from "./config/config.ts";

/** Who is who: labels, the numbers that stand for them, and the addresses behind which they are. */
export interface IdentityParts {
  readonly identities: LocalIdentityAllocator;
  readonly identityLabels: IdentityLabels;
  readonly ipCache: IpCache;
  readonly peers: PeerDirectory;
}

export function composeIdentities({ clusterName, fixedIdentities, labelFilter }: AgentConfig): IdentityParts {
  const identities = new LocalIdentityAllocator({
    predefined: [...wellKnownIdentities(clusterName), ...fixedIdentities.values()],
  });
  const identityLabels = new IdentityLabels(labelFilter, fixedIdentities);
  const ipCache = new IpCache();
  putHostAddresses(ipCache);
  return { identities, identityLabels, ipCache, peers: new PeerDirectory(ipCache, identities) };
}
