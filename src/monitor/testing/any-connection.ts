import type { NumericIdentity, Port } from "../../api/identity.ts";
import type { ConnectionInfo } from "../../proxylib/connection.ts";

/** A connection for tests that look at records, and do not care whose. */
export function anyConnection(proto = "memcache"): ConnectionInfo {
  return {
    id: 1,
    ingress: true,
    source: { identity: 2 as NumericIdentity, labels: ["reserved:world"], address: "127.0.0.1:40000" },
    destination: { identity: 256 as NumericIdentity, labels: ["unspec:app=cache"], address: "127.0.2.1:11211" },
    policyName: "cache",
    port: 11_211 as Port,
    proto,
    config: {},
  };
}
