import { ACTION_FIELD } from "../../api/extension.ts";
import type { PolicyView } from "../../api/rest.ts";
import { MODE_ANNOTATION } from "../../policy/document/mode.ts";
import { documentLabels } from "../../policy/document/rule-labels.ts";
import type {
  CidrRule,
  EndpointSelector,
  L7Rule,
  PeerRule,
  PolicyDocument,
  PortRule,
  Rule,
  RuleSection,
} from "../../policy/rule.ts";

/**
 * A document as it is enforced, in the form of a CiliumNetworkPolicy. Defaults are written out; imported again
 * it means the same.
 *
 * @param problems Why it is not in force somewhere.
 */
export function viewPolicy(document: PolicyDocument, problems: readonly string[] = []): PolicyView {
  const [namespace, name] = splitKey(document.key);
  const view = (rule: Rule): object => viewRule(rule, name, namespace);
  const single = document.rules.find((rule) => rule.path === "spec");
  const listed = document.rules.filter((rule) => rule !== single);
  return {
    name: document.key,
    source: { kind: document.source.kind, name: document.source.name },
    mode: document.mode,
    rules: document.rules.length,
    problems,
    document: {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(document.mode === "enforce" ? {} : { annotations: { [MODE_ANNOTATION]: document.mode } }),
      },
      ...(single === undefined ? {} : { spec: view(single) }),
      ...(listed.length === 0 ? {} : { specs: listed.map(view) }),
    },
  };
}

function splitKey(key: string): [string | undefined, string] {
  const slash = key.indexOf("/");
  return slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
}

function viewRule(rule: Rule, name: string, namespace: string | undefined): object {
  // What every rule gets from its document's name would be there twice if it were written down.
  const own = rule.labels.slice(documentLabels(name, namespace).length);
  const namespaced = namespace !== undefined;
  return {
    ...(rule.description === "" ? {} : { description: rule.description }),
    endpointSelector: viewSelector(rule.endpointSelector),
    ...viewSection(rule, "ingress", { way: "from", namespaced }),
    ...viewSection(rule, "egress", { way: "to", namespaced }),
    ...viewSection(rule, "ingressDeny", { way: "from", namespaced }),
    ...viewSection(rule, "egressDeny", { way: "to", namespaced }),
    ...(own.length === 0 ? {} : { labels: own }),
  };
}

interface Place {
  readonly way: "from" | "to";
  /** Peers without a namespace of their own get the document's. */
  readonly namespaced: boolean;
}

function viewSection(rule: Rule, section: RuleSection, place: Place): object {
  return rule[section].length === 0 ? {} : { [section]: rule[section].map((item) => viewItem(item, place)) };
}

function viewItem(item: PeerRule, place: Place): object {
  const { way } = place;
  return {
    ...viewPeers(item, place),
    ...(item.requires.length === 0 ? {} : { [`${way}Requires`]: item.requires.map(viewSelector) }),
    ...(item.toPorts === undefined ? {} : { toPorts: item.toPorts.map(viewPorts) }),
  };
}

function viewPeers({ peers }: PeerRule, { way, namespaced }: Place): object {
  switch (peers.kind) {
    case "any":
    case "none":
      return {};
    case "endpoints":
      return { [`${way}Endpoints`]: peers.selectors.map((selector) => viewPeer(selector, namespaced)) };
    case "entities":
      return { [`${way}Entities`]: peers.names };
    case "cidrs":
      return peers.cidrs.every(({ except }) => except.length === 0)
        ? { [`${way}CIDR`]: peers.cidrs.map(({ cidr }) => cidr.toString()) }
        : { [`${way}CIDRSet`]: peers.cidrs.map(viewCidrRule) };
  }
}

function viewCidrRule({ cidr, except }: CidrRule): object {
  return { cidr: cidr.toString(), ...(except.length === 0 ? {} : { except: except.map(String) }) };
}

function viewPorts({ ports, l7 }: PortRule): object {
  return {
    ports: ports.map(({ port, protocol }) => ({ port: String(port), protocol })),
    ...(l7 === undefined ? {} : { rules: { l7proto: l7.parser, l7: l7.rules.map(viewL7Rule) } }),
  };
}

function viewL7Rule({ deny, fields }: L7Rule): object {
  return { ...(deny ? { [ACTION_FIELD]: "deny" } : {}), ...fields };
}

function viewPeer(selector: EndpointSelector, namespaced: boolean): object {
  // `{}` would become everybody in the namespace.
  return namespaced && selector.key === "" ? { matchLabels: { "reserved:all": "" } } : viewSelector(selector);
}

function viewSelector({ matchLabels, matchExpressions }: EndpointSelector): object {
  const labels = matchLabels.map((label) => [viewKey(label), label.value]);
  const expressions = matchExpressions.map((expression) => ({
    key: viewKey(expression),
    operator: expression.operator,
    ...(expression.values.length === 0 ? {} : { values: expression.values }),
  }));
  return {
    ...(labels.length === 0 ? {} : { matchLabels: Object.fromEntries(labels) }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

function viewKey({ source, key }: { readonly source: string; readonly key: string }): string {
  return source === "any" ? key : `${source}:${key}`;
}
