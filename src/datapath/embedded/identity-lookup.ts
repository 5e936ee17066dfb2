import type { NumericIdentity } from "../../api/identity.ts";
import type { IpAddress } from "../../lib/ip/address.ts";

/** Who somebody is, as far as policy and records care. */
export interface PeerIdentity {
  readonly identity: NumericIdentity;
  /** `source:key=value`, sorted. */
  readonly labels: readonly string[];
  /** Name of the endpoint, where it is one. */
  readonly endpoint?: string;
}

/** How the data plane learns who is who. Called once or twice for each new connection. */
export interface IdentityLookup {
  /** Who has this address now; `reserved:world` where nothing better is known. */
  ofAddress(address: IpAddress): PeerIdentity;
  /** undefined: there is no such endpoint (any more); its connections are refused. */
  ofEndpoint(name: string): PeerIdentity | undefined;
}
