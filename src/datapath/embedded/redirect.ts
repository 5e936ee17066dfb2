import type { Port } from "../../api/identity.ts";
import { formatSocketAddress, type IpAddress } from "../../lib/ip/address.ts";

/** One explicit listener: connections to `listen` are judged and go on to `upstream`. */
export interface Redirect {
  /** Port 0: the kernel chooses a free one, and `DataPlane.status` tells which. */
  readonly listen: { readonly address: IpAddress; readonly port: number };
  /** Its port is the destination port that policy sees. */
  readonly upstream: { readonly address: IpAddress; readonly port: Port };
  /** Name of the endpoint whose policy applies. */
  readonly endpoint: string;
  /** `ingress`: the endpoint is the destination. `egress`: the endpoint is the source. */
  readonly direction: "ingress" | "egress";
}

/** `a.b.c.d:port` or `[v6]:port`. */
export function formatTarget(target: { readonly address: IpAddress; readonly port: number }): string {
  return formatSocketAddress(target.address, target.port);
}
