import type { RuleSection } from "../rule.ts";

/** How the value of a peer member is read. */
export type PeerMember = "endpoints" | "cidr" | "cidrSet" | "entities";

/** What one of the four lists of a rule has in its items. */
export interface SectionNames {
  readonly section: RuleSection;
  /** What the items name is denied. */
  readonly deny: boolean;
  readonly level: "ingressItem" | "egressItem";
  /** The members that name peers; one of them in an item. */
  readonly peers: ReadonlyMap<string, PeerMember>;
  readonly endpoints: string;
  readonly requires: string;
}

const FROM = {
  level: "ingressItem",
  peers: new Map<string, PeerMember>([
    ["fromEndpoints", "endpoints"],
    ["fromCIDR", "cidr"],
    ["fromCIDRSet", "cidrSet"],
    ["fromEntities", "entities"],
  ]),
  endpoints: "fromEndpoints",
  requires: "fromRequires",
} as const;

const TO = {
  level: "egressItem",
  peers: new Map<string, PeerMember>([
    ["toEndpoints", "endpoints"],
    ["toCIDR", "cidr"],
    ["toCIDRSet", "cidrSet"],
    ["toEntities", "entities"],
  ]),
  endpoints: "toEndpoints",
  requires: "toRequires",
} as const;

/** By name. */
export const SECTIONS: Readonly<Record<RuleSection, SectionNames>> = {
  ingress: { section: "ingress", deny: false, ...FROM },
  egress: { section: "egress", deny: false, ...TO },
  ingressDeny: { section: "ingressDeny", deny: true, ...FROM },
  egressDeny: { section: "egressDeny", deny: true, ...TO },
};
