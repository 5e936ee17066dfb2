import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CLIENT, SERVER } from "./addresses.ts";
import type { Protocol } from "./mode.ts";

interface RequestRules {
  readonly l7proto: string;
  readonly l7: readonly Readonly<Record<string, string>>[];
}

/** What a policy on requests says; the load keeps to it, but for what is to be denied. */
const RULES: Readonly<Record<Protocol, RequestRules>> = {
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
  /** undefined: as weir comes. */
  readonly hosts: number | undefined;
  /** undefined: what ships with weir judges. */
  readonly extension: ExtensionUse | undefined;
}

/** A third-party extension for the protocol, whose rules are called as those of what ships with weir. */
export interface ExtensionUse {
  /** Its `l7proto`. */
  readonly name: string;
  /** Path of its module. */
  readonly module: string;
}

/** @returns the path of the agent's configuration. (JSON is YAML too.) */
export function writeWeirConfig(options: WeirConfigOptions): string {
  const policyFile = join(options.directory, "policies", "benchmark.yaml");
  mkdirSync(dirname(policyFile), { recursive: true });
  const configFile = join(options.directory, "weir.yaml");
  const config = {
    stateDir: stateDirOf(options.directory),
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
    ...(options.hosts !== undefined && { hosts: options.hosts }),
    ...(options.extension !== undefined && { extensions: [options.extension.module] }),
  };
  writeFileSync(configFile, JSON.stringify(config, undefined, 2));
  writeFileSync(policyFile, JSON.stringify(policy(options), undefined, 2));
  return configFile;
}

export function stateDirOf(directory: string): string {
  return join(directory, "state");
}

function policy(options: WeirConfigOptions): unknown {
  const own = RULES[options.protocol];
  const rules = { ...own, l7proto: options.extension?.name ?? own.l7proto };
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
