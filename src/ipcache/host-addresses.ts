import { ReservedIdentity } from "../identity/reserved.ts";
import { parsePrefix } from "../lib/ip/prefix.ts";
import type { IpCache } from "./ipcache.ts";

/** Addresses that are the machine itself and no workload. */
const HOST_PREFIXES = ["127.0.0.1/32", "::1/128"];

/** Lets them stand for `reserved:host`. */
export function putHostAddresses(ipCache: IpCache): void {
  for (const text of HOST_PREFIXES) {
    const prefix = parsePrefix(text);
    if (prefix !== undefined) ipCache.upsert(prefix, ReservedIdentity.Host, "agent-local");
  }
}
