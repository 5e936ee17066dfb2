// Short ways to write policy for tests.
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Port } from "../../api/identity.ts";
import { ANY_SOURCE, parseLabel } from "../../labels/label.ts";
import { type LabelSet, parseLabels } from "../../labels/label-set.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type { DocumentSource, EndpointSelector, PeerRule, PolicyDocument, PortRule } from "../rule.ts";

/** An item of `ingress` or `egress`. */
export interface ItemSketch {
  /** Selectors, each a list of labels such as `app=x`; or one of the two cases without selectors. */
  readonly peers: "any" | "none" | readonly (readonly string[])[];
  readonly toPorts?: readonly PortSketch[];
}

export interface PortSketch {
  /** `11211` or `53/UDP`. */
  readonly ports: readonly string[];
  readonly l7?: { readonly parser: string; readonly rules: readonly Record<string, string>[] };
}

export interface RuleSketch {
  readonly selects: readonly string[];
  readonly ingress?: readonly ItemSketch[];
  readonly egress?: readonly ItemSketch[];
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

/** Labels without a source are of source `any`. */
export function selector(...texts: readonly string[]): EndpointSelector {
  return endpointSelector(
    texts.map((text) => {
      const result = parseLabel(text.includes(":") ? text : `${ANY_SOURCE}:${text}`);
      if ("error" in result) throw new Error(result.error);
      return result.label;
    }),
  );
}

export function policyDocument(
  key: string,
  rules: readonly RuleSketch[],
  source: DocumentSource = FILE,
): PolicyDocument {
  return {
    key,
    source,
    mode: "enforce",
    rules: rules.map((rule, index) => ({
      path: `specs[${index}]`,
      endpointSelector: selector(...rule.selects),
      ingress: (rule.ingress ?? []).map((item, place) => peerRule(item, `ingress[${place}]`)),
      egress: (rule.egress ?? []).map((item, place) => peerRule(item, `egress[${place}]`)),
      ingressDeny: [],
      egressDeny: [],
      labels: [`unspec:name=${key}`],
      description: "",
    })),
  };
}

function peerRule({ peers, toPorts }: ItemSketch, path: string): PeerRule {
  return {
    path,
    peers:
      peers === "any" || peers === "none"
        ? { kind: peers }
        : { kind: "endpoints", selectors: peers.map((texts) => selector(...texts)) },
    requires: [],
    toPorts: toPorts?.map((ports, place) => portRule(ports, `toPorts[${place}]`)),
  };
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
      rules: l7.rules.map((fields, place) => ({ path: `rules.l7[${place}]`, deny: false, fields })),
    },
  };
}
