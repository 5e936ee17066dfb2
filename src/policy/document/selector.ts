import { didYouMean } from "../../lib/suggestion.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type { EndpointSelector, SelectorLabel } from "../rule.ts";
import type { Check } from "./check.ts";
import { asMap, asText, join, readMembers } from "./members.ts";
import { type MapEntry, quote, type SourceNode } from "./source-node.ts";

const SOURCES = ["any", "k8s", "container", "mesos", "reserved", "unspec"] as const;
const SOURCE = /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/;
/** Reserved identities, and `all`, which stands for everything. */
const RESERVED = ["all", "host", "world", "unmanaged", "health", "init"] as const;
const NAMESPACE_KEY = "io.kubernetes.pod.namespace";

/** Kubernetes' syntax of label keys and values. */
const KEY_PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const KEY_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

export function isInitSelector(selector: EndpointSelector): boolean {
  return selector.matchLabels.some((label) => label.source === "reserved" && label.key === "init");
}

/** The `endpointSelector` of a rule: always confined to the document's namespace, except for endpoints in `init`. */
export function readSubject(node: SourceNode, path: string, check: Check): EndpointSelector | undefined {
  const labels = readLabels(node, path, "`endpointSelector`", check);
  if (labels === undefined) return undefined;
  const plain = withoutAll(labels);
  const { namespace } = check;
  if (namespace === undefined || isInitSelector(plain)) return plain;
  const kept = plain.matchLabels.filter((label) => !isNamespaceLabel(label));
  const other = plain.matchLabels.find((label) => isNamespaceLabel(label) && label.value !== namespace);
  if (other !== undefined) {
    const message = `the policy selects endpoints of its own namespace ${quote(namespace)}, not of ${quote(other.value)}`;
    check.findings.warn(node.at, path, message, `remove the label or put the policy into ${quote(other.value)}`);
  }
  return endpointSelector([...kept, namespaceLabel(namespace)]);
}

/**
 * A peer in `fromEndpoints` or `toEndpoints`: in the document's namespace unless it names a namespace or a reserved
 * identity itself, or `everywhere` (the rule is about endpoints in `init`, whose namespace is not known yet).
 */
export function readPeer(
  node: SourceNode,
  path: string,
  everywhere: boolean,
  check: Check,
): EndpointSelector | undefined {
  const labels = readLabels(node, path, "a selector", check);
  if (labels === undefined) return undefined;
  const own = labels.some((label) => isNamespaceLabel(label) || label.source === "reserved");
  const scoped =
    check.namespace === undefined || everywhere || own ? labels : [...labels, namespaceLabel(check.namespace)];
  return withoutAll(scoped);
}

function readLabels(node: SourceNode, path: string, name: string, check: Check): SelectorLabel[] | undefined {
  const { findings } = check;
  const map = asMap(node, path, name, findings, "write `{}` to select everything");
  if (map === undefined) return undefined;
  const errorsBefore = findings.errorCount;
  const matchLabels = readMembers(map, "selector", path, findings).get("matchLabels");
  const labels: SelectorLabel[] = [];
  if (matchLabels !== undefined) {
    const labelsPath = join(path, "matchLabels");
    const hint = "write `{}` to select everything, or indent the labels below it";
    const entries = asMap(matchLabels.value, labelsPath, "`matchLabels`", findings, hint)?.entries ?? [];
    const seen = new Map<string, MapEntry>();
    for (const entry of entries) {
      const label = readLabel(entry, labelsPath, check);
      if (label === undefined) continue;
      const first = seen.get(`${label.source}:${label.key}`);
      if (first === undefined) {
        seen.set(`${label.source}:${label.key}`, entry);
        labels.push(label);
      } else {
        const message = `${quote(entry.key)} is the same label as ${quote(first.key)}`;
        findings.error(entry.keyAt, join(labelsPath, entry.key), message, "remove one");
      }
    }
    const all = labels.find((label) => label.source === "reserved" && label.key === "all");
    if (all !== undefined && labels.length > 1) {
      findings.error(
        matchLabels.keyAt,
        labelsPath,
        "`reserved:all` selects everything, whatever stands beside it",
        "remove it or the other labels",
      );
    }
  }
  return findings.errorCount === errorsBefore ? labels : undefined;
}

function readLabel(entry: MapEntry, path: string, check: Check): SelectorLabel | undefined {
  const { findings } = check;
  const labelPath = join(path, entry.key);
  const value = asText(entry.value, labelPath, `label ${quote(entry.key)}`, findings, 'write "" for the empty value');
  const colon = entry.key.indexOf(":");
  const source = colon < 0 ? "any" : entry.key.slice(0, colon);
  const key = entry.key.slice(colon + 1);
  const error = (message: string, hint?: string): undefined => {
    findings.error(entry.keyAt, labelPath, message, hint);
  };
  if (source === "cidr")
    return error("`cidr:` labels are not enforced yet; remove it", "a policy is enforced as a whole or refused");
  if (!SOURCE.test(source)) return error(`${quote(source)} is not a label source`, `known: ${SOURCES.join(", ")}`);
  if (!(SOURCES as readonly string[]).includes(source)) {
    const hint = didYouMean(source, SOURCES) ?? `usual: ${SOURCES.join(", ")}`;
    findings.warn(entry.keyAt, labelPath, `${quote(source)} is not one of the usual label sources`, hint);
  }
  if (source === "reserved" && !(RESERVED as readonly string[]).includes(key)) {
    const hint =
      key === "cluster" ? "write `fromEntities: [cluster]` or `toEntities: [cluster]`" : didYouMean(key, RESERVED);
    return error(`unknown reserved label ${quote(key)}`, hint ?? `known: ${RESERVED.join(", ")}`);
  }
  if (!isLabelKey(key)) {
    return error(
      `${quote(key)} is not a label key`,
      "at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last; before it, if wanted, a domain name and `/`",
    );
  }
  if (value === undefined) return undefined;
  if (source === "reserved" && value !== "") {
    findings.error(entry.value.at, labelPath, `reserved labels have no value`, 'write ""');
    return undefined;
  }
  if (value !== "" && (value.length > 63 || !KEY_NAME.test(value))) {
    const hint = "at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last";
    findings.error(entry.value.at, labelPath, `${quote(value)} is not a label value`, hint);
    return undefined;
  }
  return { source, key, value };
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  if (name.length > 63 || !KEY_NAME.test(name)) return false;
  return slash < 0 || (slash <= 253 && KEY_PREFIX.test(key.slice(0, slash)));
}

function isNamespaceLabel(label: SelectorLabel): boolean {
  return label.key === NAMESPACE_KEY && (label.source === "k8s" || label.source === "any");
}

function namespaceLabel(namespace: string): SelectorLabel {
  return { source: "k8s", key: NAMESPACE_KEY, value: namespace };
}

/** `reserved:all` is another way to write the selector without labels. */
function withoutAll(labels: readonly SelectorLabel[]): EndpointSelector {
  return endpointSelector(labels.filter((label) => label.source !== "reserved" || label.key !== "all"));
}
