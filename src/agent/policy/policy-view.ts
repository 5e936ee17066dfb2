import type { PolicyView } from "../../api/rest.ts";
import type { EndpointSelector, PeerRule, PolicyDocument, PortRule, Rule } from "../../policy/rule.ts";

/** Labels that every rule gets from its document's name: written down, they would be there twice. */
const DERIVED_LABELS = "k8s:io.cilium.k8s.policy.";

/**
 * A document as it is enforced, in the form of a CiliumNetworkPolicy. Defaults are written out; imported again
 * it means the same.
 */
export function viewPolicy(document: PolicyDocument): PolicyView {
  const [namespace, name] = splitKey(document.key);
  const single = document.rules.find((rule) => rule.path === "spec");
  const listed = document.rules.filter((rule) => rule !== single);
  return {
    name: document.key,
    source: { kind: document.source.kind, name: document.source.name },
    mode: document.mode,
    rules: document.rules.length,
    problems: [],
    document: {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      ...(single === undefined ? {} : { spec: viewRule(single) }),
      ...(listed.length === 0 ? {} : { specs: listed.map(viewRule) }),
    },
  };
}

function splitKey(key: string): [string | undefined, string] {
  const slash = key.indexOf("/");
  return slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
}

function viewRule(rule: Rule): object {
  const own = rule.labels.filter((label) => !label.startsWith(DERIVED_LABELS));
  return {
    ...(rule.description === "" ? {} : { description: rule.description }),
    endpointSelector: viewSelector(rule.endpointSelector),
    ...(rule.ingress.length === 0 ? {} : { ingress: rule.ingress.map((item) => viewPeers(item, "from")) }),
    ...(rule.egress.length === 0 ? {} : { egress: rule.egress.map((item) => viewPeers(item, "to")) }),
    ...(own.length === 0 ? {} : { labels: own }),
  };
}

function viewPeers(item: PeerRule, way: "from" | "to"): object {
  return {
    ...(item.peers.kind === "endpoints" ? { [`${way}Endpoints`]: item.peers.selectors.map(viewSelector) } : {}),
    ...(item.peers.kind === "entities" ? { [`${way}Entities`]: item.peers.names } : {}),
    ...(item.toPorts === undefined ? {} : { toPorts: item.toPorts.map(viewPorts) }),
  };
}

function viewPorts({ ports, l7 }: PortRule): object {
  return {
    ports: ports.map(({ port, protocol }) => ({ port: String(port), protocol })),
    ...(l7 === undefined ? {} : { rules: { l7proto: l7.parser, l7: l7.rules.map((rule) => rule.fields) } }),
  };
}

function viewSelector(selector: EndpointSelector): object {
  if (selector.matchLabels.length === 0) return {};
  const labels = selector.matchLabels.map(({ source, key, value }) => [
    source === "any" ? key : `${source}:${key}`,
    value,
  ]);
  return { matchLabels: Object.fromEntries(labels) };
}
