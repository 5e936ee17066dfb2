// Short ways to write policy for tests.
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Port } from "../../api/identity.ts";
import { ANY_SOURCE, type Label, parseLabel } from "../../labels/label.ts";
import { type LabelSet, parseLabels } from "../../labels/label-set.ts";
import { type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import { cidrSelectors } from "../document/cidr-rules.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type {
  DocumentSource,
  EndpointSelector,
  PeerRule,
  PolicyDocument,
  PolicyMode,
  PortRule,
  RulePeers,
  RuleSection,
  SelectorExpression,
} from "../rule.ts";

/** An item of one of a rule's sections. */
export interface ItemSketch {
  /** Selectors, each a list of conditions as `selector` takes them; one of the two cases without selectors; or networks. */
  readonly peers: "any" | "none" | readonly (readonly string[])[] | readonly CidrSketch[];
  /** Selectors. */
  readonly requires?: readonly (readonly string[])[];
  readonly toPorts?: readonly PortSketch[];
}

export interface CidrSketch {
  readonly cidr: string;
  readonly except?: readonly string[];
}

export interface PortSketch {
  /** `11211` or `53/UDP`. */
  readonly ports: readonly string[];
  /** `action: "deny"` in a rule makes it one that denies. */
  readonly l7?: { readonly parser: string; readonly rules: readonly Record<string, string>[] };
}

export interface RuleSketch extends Partial<Record<RuleSection, readonly ItemSketch[]>> {
  readonly selects: readonly string[];
}

const FILE: DocumentSource = { kind: "file", name: "policy.yaml" };

/** Two extensions with one field each, `cmd`. */
export const EXTENSIONS: ReadonlyMap<string, ExtensionDeclaration> = new Map(
  ["alpha", "beta"].map((name) => [name, { name, version: "1.0.0", fields: { cmd: { exact: true } } }]),
);

export function labelSet(...texts: readonly string[]): LabelSet {
  const result = parseLabels(texts);
  if ("errors" in result) throw new Error(result.errors.map(({ message }) => message).join("; "));
  return result.labels;
}

const EXPRESSION = /^(\S+) (in|notin) (\S*)$|^(has|lacks) (\S+)$/;

/** Each condition is a label, `key in a,b`, `key notin a,b`, `has key` or `lacks key`. Without a source: of source `any`. */
export function selector(...texts: readonly string[]): EndpointSelector {
  const expressions = texts.filter((text) => EXPRESSION.test(text));
  return endpointSelector(
    texts.filter((text) => !expressions.includes(text)).map(labelOf),
    expressions.map(expressionOf),
  );
}

function labelOf(text: string): Label {
  const result = parseLabel(text.includes(":") ? text : `${ANY_SOURCE}:${text}`);
  if ("error" in result) throw new Error(result.error);
  return result.label;
}

function expressionOf(text: string): SelectorExpression {
  const [, listed, word, values, presence, present] = EXPRESSION.exec(text) ?? [];
  const { source, key } = labelOf(listed ?? present ?? "");
  if (presence !== undefined) {
    return { source, key, operator: presence === "has" ? "Exists" : "DoesNotExist", values: [] };
  }
  return { source, key, operator: word === "in" ? "In" : "NotIn", values: (values ?? "").split(",") };
}

export function prefix(text: string): IpPrefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
}

export function policyDocument(
  key: string,
  rules: readonly RuleSketch[],
  source: DocumentSource = FILE,
  mode: PolicyMode = "enforce",
): PolicyDocument {
  return {
    key,
    source,
    mode,
    rules: rules.map((rule, index) => {
      const section = (name: RuleSection): readonly PeerRule[] =>
        (rule[name] ?? []).map((item, place) => peerRule(item, `${name}[${place}]`));
      return {
        path: `specs[${index}]`,
        endpointSelector: selector(...rule.selects),
        ingress: section("ingress"),
        egress: section("egress"),
        ingressDeny: section("ingressDeny"),
        egressDeny: section("egressDeny"),
        labels: [`unspec:name=${key}`],
        description: "",
      };
    }),
  };
}

function peerRule({ peers, requires, toPorts }: ItemSketch, path: string): PeerRule {
  return {
    path,
    peers: peersOf(peers),
    requires: (requires ?? []).map((texts) => selector(...texts)),
    toPorts: toPorts?.map((ports, place) => portRule(ports, `toPorts[${place}]`)),
  };
}

function peersOf(peers: ItemSketch["peers"]): RulePeers {
  if (peers === "any" || peers === "none") return { kind: peers };
  if (!peers.every((one): one is CidrSketch => "cidr" in one)) {
    return { kind: "endpoints", selectors: (peers as readonly (readonly string[])[]).map((one) => selector(...one)) };
  }
  if (peers.length === 0) return { kind: "endpoints", selectors: [] };
  const cidrs = peers.map(({ cidr, except }) => ({ cidr: prefix(cidr), except: (except ?? []).map(prefix) }));
  return { kind: "cidrs", cidrs, selectors: cidrSelectors(cidrs) };
}

function portRule({ ports, l7 }: PortSketch, path: string): PortRule {
  return {
    path,
    ports: ports.map((text) => {
      const [port, protocol = "TCP"] = text.split("/");
      return { port: Number(port) as Port, protocol: protocol as "TCP" | "UDP" | "ANY" };
    }),
    l7: l7 && {
      parser: l7.parser,
      rules: l7.rules.map(({ action, ...fields }, place) => {
        return { path: `rules.l7[${place}]`, deny: action === "deny", fields };
      }),
    },
  };
}
