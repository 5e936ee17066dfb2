import type { Port } from "../api/identity.ts";

/** Where a document came from, for messages: a file's path, or `api`. */
export interface DocumentSource {
  readonly kind: "file" | "api";
  readonly name: string;
}

/** One sanitised policy document. What is in here can be enforced; nothing was left out. */
export interface PolicyDocument {
  /** `namespace/name`, or `name` where the document gives no namespace. A document replaces the one of the same key. */
  readonly key: string;
  readonly source: DocumentSource;
  readonly rules: readonly Rule[];
}

/** One entry of `spec`/`specs`. */
export interface Rule {
  /** `spec` or `specs[i]`: begins the `rule` of every origin. */
  readonly path: string;
  readonly endpointSelector: EndpointSelector;
  /** Empty: the rule says nothing about this direction (no default deny). */
  readonly ingress: readonly PeerRule[];
  readonly egress: readonly PeerRule[];
  /** `source:key=value`. */
  readonly labels: readonly string[];
  readonly description: string;
}

/** One item of `ingress` or `egress`: these peers may reach these ports. */
export interface PeerRule {
  /** For example `ingress[0]`. */
  readonly path: string;
  /**
   * `any`: no peer member, any peer on the given ports. `selected`: peers that one of the selectors selects (an empty
   * list selects none). `none`: the item is completely empty; it puts the direction into default deny and allows nothing.
   */
  readonly peers:
    | { readonly kind: "any" | "none" }
    | { readonly kind: "selected"; readonly selectors: readonly EndpointSelector[] };
  /** undefined: all ports. */
  readonly toPorts: readonly PortRule[] | undefined;
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
  /** Checked against the extension's declaration; fields with an empty value are left out. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * All of these labels must be there. None: everybody, the world included. Sources as written; `any` matches whatever
 * source. `reserved:cluster` stands for the entity: everybody without `reserved:world`.
 */
export interface EndpointSelector {
  readonly matchLabels: readonly { readonly source: string; readonly key: string; readonly value: string }[];
  /** Canonical text: equal selectors have equal keys. */
  readonly key: string;
}
