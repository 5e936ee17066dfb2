import type { EndpointSpec } from "../../endpoint/endpoint-spec.ts";
import type { ExtensionHostLimits, ExtensionSpec } from "../../host/bootstrap.ts";
import type { Identity } from "../../identity/allocator.ts";
import type { LabelFilter } from "../../labels/label-filter.ts";
import type { SocketAddress } from "../../lib/ip/address.ts";
import type { LogLevel } from "../../lib/log.ts";

export type PolicyEnforcement = "default" | "always" | "never";

/** `weir.yaml`, checked: every path absolute, every address parsed. */
export interface AgentConfig {
  /** The file itself. */
  readonly file: string;
  /** Patterns are relative to it. */
  readonly directory: string;
  readonly stateDir: string;
  readonly policyEnforcement: PolicyEnforcement;
  readonly endpoints: readonly EndpointSpec[];
  readonly redirects: readonly RedirectConfig[];
  /** Patterns of policy files, as written. */
  readonly policies: readonly string[];
  /** undefined: records go to monitors and metrics only. */
  readonly accessLog: string | undefined;
  /** Where Prometheus finds the metrics; undefined: on the agent's socket only. */
  readonly prometheusListen: SocketAddress | undefined;
  /** Modules are as written, paths that are granted are absolute. */
  readonly extensions: readonly ExtensionSpec[];
  /** Key-values that the parsers of an extension see, by its name. */
  readonly extensionConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Processes that own listeners, connections and built-in parsers; 0: the agent does. */
  readonly hosts: number;
  /** Of each process that runs extensions. */
  readonly extensionLimits: ExtensionHostLimits;
  /** Live connections, over all listeners. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long live connections may go on after SIGTERM. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  /** What well-known workloads of this cluster have in their labels. */
  readonly clusterName: string;
  /** Which labels make an identity. */
  readonly labelFilter: LabelFilter;
  /** Name → identity with a number of the user's choice. */
  readonly fixedIdentities: ReadonlyMap<string, Identity>;
  /** Every name of an extension, with its place: whether there is one is known once extensions are loaded. */
  readonly extensionMentions: readonly ExtensionMention[];
}

export interface ExtensionMention {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** `endpoints[0].observe[0].l7proto`. */
  readonly path: string;
}

export interface RedirectConfig {
  /** Port 0: any free one. */
  readonly listen: SocketAddress;
  readonly upstream: SocketAddress;
  /** Name of the endpoint whose policy applies. */
  readonly endpoint: string;
  readonly direction: "ingress" | "egress";
}
