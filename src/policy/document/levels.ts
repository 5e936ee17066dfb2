/** The places of a document that have members of their own. */
export type LevelName =
  | "document"
  | "metadata"
  | "rule"
  | "ingressItem"
  | "egressItem"
  | "selector"
  | "expression"
  | "cidrRule"
  | "portRule"
  | "port"
  | "l7";

export interface Member {
  /** What the member's value, or each item of its list, has inside. Absent: nothing with members. */
  readonly level?: LevelName;
  readonly list?: boolean;
  /** Accepted as Kubernetes writes it; means nothing to policy. */
  readonly inert?: boolean;
}

const PLAIN: Member = {};
const INERT: Member = { inert: true };

/** Level → its members. What is not listed is refused. */
export const LEVELS: Readonly<Record<LevelName, ReadonlyMap<string, Member>>> = {
  document: new Map<string, Member>([
    ["apiVersion", PLAIN],
    ["kind", PLAIN],
    ["metadata", { level: "metadata" }],
    ["description", PLAIN],
    ["spec", { level: "rule" }],
    ["specs", { level: "rule", list: true }],
    ["status", INERT],
  ]),
  metadata: new Map<string, Member>([
    ["name", PLAIN],
    ["namespace", PLAIN],
    ["labels", INERT],
    ["annotations", PLAIN],
    ["uid", INERT],
    ["resourceVersion", INERT],
    ["generation", INERT],
    ["creationTimestamp", INERT],
    ["managedFields", INERT],
    ["ownerReferences", INERT],
    ["finalizers", INERT],
    ["selfLink", INERT],
  ]),
  rule: new Map<string, Member>([
    ["endpointSelector", { level: "selector" }],
    ["ingress", { level: "ingressItem", list: true }],
    ["egress", { level: "egressItem", list: true }],
    ["ingressDeny", { level: "ingressItem", list: true }],
    ["egressDeny", { level: "egressItem", list: true }],
    ["labels", PLAIN],
    ["description", PLAIN],
  ]),
  ingressItem: new Map<string, Member>([
    ["fromEndpoints", { level: "selector", list: true }],
    ["fromRequires", { level: "selector", list: true }],
    ["fromCIDR", PLAIN],
    ["fromCIDRSet", { level: "cidrRule", list: true }],
    ["fromEntities", PLAIN],
    ["toPorts", { level: "portRule", list: true }],
  ]),
  egressItem: new Map<string, Member>([
    ["toEndpoints", { level: "selector", list: true }],
    ["toRequires", { level: "selector", list: true }],
    ["toCIDR", PLAIN],
    ["toCIDRSet", { level: "cidrRule", list: true }],
    ["toEntities", PLAIN],
    ["toPorts", { level: "portRule", list: true }],
  ]),
  selector: new Map<string, Member>([
    ["matchLabels", PLAIN],
    ["matchExpressions", { level: "expression", list: true }],
  ]),
  expression: new Map<string, Member>([
    ["key", PLAIN],
    ["operator", PLAIN],
    ["values", PLAIN],
  ]),
  cidrRule: new Map<string, Member>([
    ["cidr", PLAIN],
    ["except", PLAIN],
  ]),
  portRule: new Map<string, Member>([
    ["ports", { level: "port", list: true }],
    ["rules", { level: "l7" }],
  ]),
  port: new Map<string, Member>([
    ["port", PLAIN],
    ["protocol", PLAIN],
  ]),
  l7: new Map<string, Member>([
    ["l7proto", PLAIN],
    ["l7", PLAIN],
  ]),
};

/** Members that Cilium knows, or came to know, and that are refused by name: to leave one out would change the policy. */
export const NOT_ENFORCED: ReadonlySet<string> = new Set([
  "authentication",
  "dns",
  "enableDefaultDeny",
  "endPort",
  "fromGroups",
  "fromNodes",
  "http",
  "icmps",
  "kafka",
  "listener",
  "log",
  "nodeSelector",
  "originatingTLS",
  "serverNames",
  "terminatingTLS",
  "toFQDNs",
  "toGroups",
  "toNodes",
  "toServices",
]);

/** Where a misplaced key belongs. */
export interface Home {
  /** The member inside which it belongs, or an item of which; undefined: the top of the document. */
  readonly parent: string | undefined;
  readonly list: boolean;
  /** Members from the place where the key stands down to `parent`; empty: the home is not below. */
  readonly way: readonly string[];
}

/** Finds where `key` would be right: first below `from`, then wherever in the document. */
export function homeOf(key: string, from: LevelName, present: (member: string) => boolean): Home | undefined {
  const below = search(key, from, present);
  if (below !== undefined) return below;
  if (LEVELS.document.has(key)) return { parent: undefined, list: false, way: [] };
  const elsewhere = search(key, "document", () => false);
  return elsewhere === undefined ? undefined : { ...elsewhere, way: [] };
}

/** Breadth first: the nearest home wins, and among equally near ones the one whose parent is written already. */
function search(key: string, from: LevelName, present: (member: string) => boolean): Home | undefined {
  let places: { level: LevelName; way: readonly string[] }[] = [{ level: from, way: [] }];
  while (places.length > 0) {
    const homes: Home[] = [];
    const next: typeof places = [];
    for (const { level, way } of places) {
      for (const [name, member] of LEVELS[level]) {
        if (member.level === undefined) continue;
        const wayThere = [...way, name];
        if (LEVELS[member.level].has(key)) {
          homes.push({ parent: name, list: member.list === true, way: wayThere });
        }
        next.push({ level: member.level, way: wayThere });
      }
    }
    const best = homes.find((home) => present(home.way[0] ?? "")) ?? homes[0];
    if (best !== undefined) return best;
    places = next;
  }
  return undefined;
}
