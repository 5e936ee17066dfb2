import type { Port } from "../api/identity.ts";
import type { IpPrefix } from "../lib/ip/prefix.ts";

/** Where a document came from, for messages: a file's path, or `api`. */
export interface DocumentSource {
  readonly kind: "file" | "api";
  readonly name: string;
}

/**
 * `enforce`: what no rule allows is denied. `audit` (annotation `weir.dev/mode: audit`): it passes and is recorded; the
 * document neither denies nor allows anything.
 */
export type PolicyMode = "enforce" | "audit";

/** One sanitised policy document. What is in here can be enforced; nothing was left out. */
export interface PolicyDocument {
  /** `namespace/name`, or `name` where the document gives no namespace. A document replaces the one of the same key. */
  readonly key: string;
  readonly source: DocumentSource;
  readonly mode: PolicyMode;
  readonly rules: readonly Rule[];
}

/** The lists of a rule: what it allows and what it denies, by direction. */
export type RuleSection = "ingress" | "egress" | "ingressDeny" | "egressDeny";

/** One entry of `spec`/`specs`. An empty list: the rule says nothing of that (no default deny). */
export interface Rule extends Readonly<Record<RuleSection, readonly PeerRule[]>> {
  /** `spec` or `specs[i]`: begins the `rule` of every origin. */
  readonly path: string;
  readonly endpointSelector: EndpointSelector;
  /** `source:key=value`. */
  readonly labels: readonly string[];
  readonly description: string;
}

/** One item of `ingress`, `egress`, `ingressDeny` or `egressDeny`: these peers, on these ports. */
export interface PeerRule {
  /** For example `ingress[0]`. */
  readonly path: string;
  readonly peers: RulePeers;
  /**
   * `fromRequires`, `toRequires`: whoever is named by labels, in any item of this section of any rule that selects the
   * endpoint, must be selected by all of these too. Grants nothing.
   */
  readonly requires: readonly EndpointSelector[];
  /** undefined: all ports. */
  readonly toPorts: readonly PortRule[] | undefined;
}

/**
 * `any`: no peer member, any peer on the given ports. `none`: the item names neither peers nor ports; it puts the
 * direction into default deny and says nothing else. The others: peers that one of `selectors` selects; an empty list
 * selects none.
 */
export type RulePeers =
  | { readonly kind: "any" | "none" }
  /** By labels: `fromEndpoints`, `toEndpoints`. */
  | { readonly kind: "endpoints"; readonly selectors: readonly EndpointSelector[] }
  | { readonly kind: "entities"; readonly names: readonly string[]; readonly selectors: readonly EndpointSelector[] }
  | { readonly kind: "cidrs"; readonly cidrs: readonly CidrRule[]; readonly selectors: readonly EndpointSelector[] };

/** One entry of `fromCIDR`, `toCIDR` (then nothing is excepted), `fromCIDRSet` or `toCIDRSet`. */
export interface CidrRule {
  readonly cidr: IpPrefix;
  /** Networks inside of `cidr` that are not meant. */
  readonly except: readonly IpPrefix[];
}

export interface PortRule {
  /** For example `toPorts[0]`. */
  readonly path: string;
  readonly ports: readonly { readonly port: Port; readonly protocol: "TCP" | "UDP" | "ANY" }[];
  /** undefined: no L7 part, the whole port is allowed. `rules` empty: nothing is allowed. */
  readonly l7: { readonly parser: string; readonly rules: readonly L7Rule[] } | undefined;
}

/** One entry of `l7`: a conjunction of field conditions. No fields: every request. */
export interface L7Rule {
  /** For example `rules.l7[0]`. */
  readonly path: string;
  /** `action: deny`: a request that fits is refused, whatever else allows it. */
  readonly deny: boolean;
  /** Checked against the extension's declaration; fields with an empty value, and `action`, are left out. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * All of these must hold. Nothing given: everybody, the world included. Sources as written; `any` matches whatever
 * source. `reserved:cluster` stands for the entity: everybody without `reserved:world`.
 */
export interface EndpointSelector {
  readonly matchLabels: readonly SelectorLabel[];
  readonly matchExpressions: readonly SelectorExpression[];
  /** Canonical text: equal selectors have equal keys. */
  readonly key: string;
}

export interface SelectorLabel {
  readonly source: string;
  readonly key: string;
  readonly value: string;
}

/**
 * Kubernetes' semantics: `NotIn` and `DoesNotExist` hold also where the label is absent. `values`, sorted and distinct,
 * belongs to `In` and `NotIn`; the others have none.
 */
export interface SelectorExpression {
  readonly source: string;
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** The networks that a document's rules name, each once per mention: addresses in them need identities of their own. */
export function* networksOf(document: PolicyDocument): IterableIterator<IpPrefix> {
  for (const rule of document.rules) {
    for (const section of ["ingress", "egress", "ingressDeny", "egressDeny"] as const) {
      for (const { peers } of rule[section]) {
        if (peers.kind !== "cidrs") continue;
        for (const { cidr, except } of peers.cidrs) {
          // Whatever is not known better is `reserved:world`, which every policy for a whole family selects.
          if (cidr.length > 0 || except.length > 0) yield cidr;
          yield* except;
        }
      }
    }
  }
}
