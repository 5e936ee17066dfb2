import type { LabelSet } from "../../labels/label-set.ts";
import type { IpAddress, SocketAddress } from "../../lib/ip/address.ts";
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
  readonly endpoints: readonly EndpointConfig[];
  readonly redirects: readonly RedirectConfig[];
  /** Patterns of policy files, as written. */
  readonly policies: readonly string[];
  /** undefined: records go to monitors and metrics only. */
  readonly accessLog: string | undefined;
  /** Where Prometheus finds the metrics; undefined: on the agent's socket only. */
  readonly prometheusListen: SocketAddress | undefined;
  /** Paths (absolute, or relative beginning with a dot) and package names, as written. */
  readonly extensions: readonly string[];
  /** Key-values that the parsers of an extension see, by its name. */
  readonly extensionConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Live connections, over all listeners. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long live connections may go on after SIGTERM. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

export interface EndpointConfig {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  /** None: the endpoint is `reserved:init`, and its policy is always enforced. */
  readonly labels: LabelSet;
}

export interface RedirectConfig {
  /** Port 0: any free one. */
  readonly listen: SocketAddress;
  readonly upstream: SocketAddress;
  /** Name of the endpoint whose policy applies. */
  readonly endpoint: string;
  readonly direction: "ingress" | "egress";
}
