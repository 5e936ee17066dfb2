import { fileURLToPath } from "node:url";

/** How weir is set up in a round. */
export interface Topology {
  /** 0: agent and data plane are one process. */
  readonly hosts: number;
  /** `checking`: one of our own, which looks at every byte that arrives. `real`: memcached itself. */
  readonly memcached: "checking" | "real";
}

export function topologyName({ hosts, memcached }: Topology): string {
  return `hosts: ${hosts}${memcached === "real" ? ", real memcached" : ""}`;
}

const EXTENSION = fileURLToPath(new URL("../framed-extension.ts", import.meta.url));

export const CLIENT_ADDRESS = "127.0.1.1";
export const UPSTREAM_HOSTS = { memcached: "127.0.2.1", framed: "127.0.2.2" } as const;

/** Text of weir.yaml. */
export function configurationOf(topology: Topology, ports: Readonly<Record<"memcached" | "framed", number>>): string {
  return `
hosts: ${topology.hosts}
drainMs: 1000
endpoints:
  - {name: memcached, addresses: [${UPSTREAM_HOSTS.memcached}], labels: ["app=memcached"]}
  - {name: framed, addresses: [${UPSTREAM_HOSTS.framed}], labels: ["app=framed"]}
  - {name: client, addresses: [${CLIENT_ADDRESS}], labels: ["app=client"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${UPSTREAM_HOSTS.memcached}:${ports.memcached}", endpoint: memcached}
  - {listen: "127.0.0.1:0", upstream: "${UPSTREAM_HOSTS.framed}:${ports.framed}", endpoint: framed}
policies: [./policy.yaml]
extensions: [${JSON.stringify(EXTENSION)}]
accessLog: ./run/access.log
`;
}

/** Keys that begin with `ok/` are allowed, and nothing else. */
export function policyOf(ports: Readonly<Record<"memcached" | "framed", number>>): string {
  const one = (name: "memcached" | "framed", l7proto: string, rules: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: ${name}}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: client}}]
    toPorts:
    - ports: [{port: "${ports[name]}", protocol: TCP}]
      rules: {l7proto: ${l7proto}, l7: [${rules}]}
`;
  const memcached = "{command: set, keyPrefix: ok/}, {command: get, keyPrefix: ok/}";
  return `${one("memcached", "memcache", memcached)}---${one("framed", "framed", "{key: ok/}")}`;
}
