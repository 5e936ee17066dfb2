import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CLIENT, SERVER } from "./addresses.ts";
import type { Protocol } from "./mode.ts";

/** What a policy on requests says; the load keeps to it, but for what is to be denied. */
const RULES: Readonly<Record<Protocol, unknown>> = {
  memcached: {
    l7proto: "memcache",
    l7: [
      { command: "get", keyPrefix: "key-" },
      { command: "set", keyPrefix: "key-" },
    ],
  },
  cql: {
    l7proto: "cassandra",
    l7: [
      { query_action: "select", query_table: "^bench\\.(small|large)$" },
      { query_action: "insert", query_table: "^bench\\.small$" },
    ],
  },
};

export interface WeirConfigOptions {
  /** Made, for the configuration, the policy, the state and the access log. */
  readonly directory: string;
  readonly listen: string;
  readonly protocol: Protocol;
  readonly serverPort: number;
  /** Whether the policy judges requests or only the connection. */
  readonly l7: boolean;
}

/** @returns the path of the agent's configuration. (JSON is YAML too.) */
export function writeWeirConfig(options: WeirConfigOptions): string {
  const policyFile = join(options.directory, "policies", "benchmark.yaml");
  mkdirSync(dirname(policyFile), { recursive: true });
  const configFile = join(options.directory, "weir.yaml");
  const config = {
    stateDir: join(options.directory, "state"),
    endpoints: [
      { name: "server", addresses: [SERVER], labels: ["app=server"] },
      { name: "client", addresses: [CLIENT], labels: ["function=client"] },
    ],
    redirects: [
      {
        listen: options.listen,
        upstream: `${SERVER}:${options.serverPort}`,
        endpoint: "server",
        direction: "ingress",
      },
    ],
    policies: [policyFile],
    accessLog: join(options.directory, "access.log"),
  };
  writeFileSync(configFile, JSON.stringify(config, undefined, 2));
  writeFileSync(policyFile, JSON.stringify(policy(options), undefined, 2));
  return configFile;
}

function policy(options: WeirConfigOptions): unknown {
  const rules = RULES[options.protocol];
  const ports = [{ port: String(options.serverPort), protocol: "TCP" }];
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: "benchmark" },
    spec: {
      endpointSelector: { matchLabels: { app: "server" } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { function: "client" } }],
          toPorts: [options.l7 ? { ports, rules } : { ports }],
        },
      ],
    },
  };
}
