// The shapes of `POST /v1/policy/trace`: what is asked, and how policy comes to its verdict.
import type { RuleOrigin } from "./rule-origin.ts";

/** One side of the connection. */
export type TracePeer =
  /** Whoever has these labels, `source:key=value`, whether anybody does or not. */
  | { readonly labels: readonly string[] }
  | { readonly identity: number }
  /** Name of an endpoint of the agent. */
  | { readonly endpoint: string }
  /** Whoever the agent knows behind the address. */
  | { readonly address: string };

/** Body of `POST /v1/policy/trace`. */
export interface TraceQuery {
  readonly src: TracePeer;
  readonly dst: TracePeer;
  /** A TCP port. */
  readonly dport: number;
  /** Whose policy is asked: `egress` is that of `src`, `ingress` that of `dst`. */
  readonly direction: "ingress" | "egress" | "both";
  /**
   * What the request asks for: attribute → its values. Absent: only the connection is judged. A policy's field stands for
   * the attribute that it judges (`keyPrefix` for `key`).
   */
  readonly l7?: Readonly<Record<string, readonly string[]>>;
  /** Extension whose request it is. Default: the one that rules name for the port. */
  readonly l7proto?: string;
}

/**
 * `allowed`. `denied`. `audited`: it passes, only because what would deny it is audited and not enforced. `depends`: the
 * connection is let in, and every request is judged by the `l7` rules.
 */
export type TraceVerdict = "allowed" | "denied" | "audited" | "depends";

/** Answer of `POST /v1/policy/trace`. */
export interface TraceReport {
  /** Both directions together. */
  readonly verdict: TraceVerdict;
  /** Of the policy that was asked. */
  readonly revision: number;
  readonly src: TracedPeer;
  readonly dst: TracedPeer;
  readonly dport: number;
  readonly protocol: "TCP";
  /** Attribute → values, with the fields of policies replaced. */
  readonly l7?: Readonly<Record<string, readonly string[]>>;
  readonly l7proto?: string;
  /** The egress policy of `src` first, then the ingress policy of `dst`; those that were asked. */
  readonly directions: readonly DirectionTrace[];
  /** What the reader should know although it decides nothing. */
  readonly notes: readonly string[];
}

/** Who a side was found to be. */
export interface TracedPeer {
  readonly labels: readonly string[];
  /** Absent: nobody has these labels now. */
  readonly identity?: number;
  readonly endpoint?: string;
  readonly address?: string;
}

export type DirectionTrace = SkippedDirection | JudgedDirection;

interface Traced {
  readonly direction: "ingress" | "egress";
}

/** The side has no policy: whatever it does is allowed. */
export interface SkippedDirection extends Traced {
  readonly kind: "skipped";
  readonly because: string;
}

export interface JudgedDirection extends Traced {
  readonly kind: "judged";
  readonly verdict: TraceVerdict;
  /** One sentence; names `rule`. */
  readonly reason: string;
  /** The rule that decided. With the verdict `audited`: the one that would deny, or the place where one is missing. */
  readonly rule?: RuleOrigin;
  readonly enforcement: TracedEnforcement;
  /** The policies that select the endpoint, by name. */
  readonly policies: readonly TracedPolicy[];
  /** Extension that reads the connection. */
  readonly parser?: string;
  /** With the verdict `depends`: the rules that judge the requests of this peer on this port. */
  readonly l7Rules: readonly TracedRequestRule[];
  /** Rules that did not decide and came close, the closest first. */
  readonly near: readonly NearRule[];
  /** How many more there are than the lists hold. */
  readonly left: { readonly policies: number; readonly l7Rules: number; readonly near: number };
}

export interface TracedEnforcement {
  readonly mode: "default" | "always" | "never";
  /** Whether the direction is in default deny. */
  readonly enforced: boolean;
  readonly because: string;
}

export interface TracedPolicy {
  readonly name: string;
  readonly mode: "enforce" | "audit";
  /** `spec` or `specs[i]`: the rules that select the endpoint. */
  readonly rules: readonly string[];
}

interface TracedRule {
  readonly rule: RuleOrigin;
  /** Its policy is audited. */
  readonly audited: boolean;
}

export interface TracedRequestRule extends TracedRule {
  /** Empty: it fits every request. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface NearRule extends TracedRule {
  /** Why it did not decide, for example `matches all but keyPrefix "alliance/"`. */
  readonly reasons: readonly string[];
}

/** Attributes of one request at most, and values of all of them together. */
export const TRACE_ATTRIBUTES_MAX = 64;
export const TRACE_VALUES_MAX = 1024;
