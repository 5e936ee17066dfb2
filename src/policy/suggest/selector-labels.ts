import { CIDR_SOURCE } from "../../labels/cidr-label.ts";
import { type Label, parseLabel, RESERVED_SOURCE, UNSPEC_SOURCE } from "../../labels/label.ts";
import { isLabelKey, isLabelValue, isNetwork } from "../document/label-syntax.ts";

/** The label by which Kubernetes' namespaces are told apart; policy confines its selectors to one by itself. */
const NAMESPACE_KEY = "io.kubernetes.pod.namespace";
const NAMESPACE_SOURCE = "k8s";

const NAMESPACE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What the names of a document depend on. */
export interface Naming {
  /** Of the document: its selectors mean it without saying so. */
  readonly namespace: string | undefined;
  /** Reserved identities that selectors can name. */
  readonly reservedNames: ReadonlySet<string>;
}

export interface SelectorLabels {
  /** Key as `matchLabels` has it → value. Sorted. */
  readonly matchLabels: readonly (readonly [key: string, value: string])[];
  /** Labels that a selector cannot name. */
  readonly unnamed: readonly string[];
}

/** Labels of an identity as `matchLabels`. The source is left out where nobody gave one. */
export function selectorLabels(labels: readonly string[], naming: Naming): SelectorLabels {
  const matchLabels: [string, string][] = [];
  const unnamed: string[] = [];
  for (const text of labels) {
    const parsed = parseLabel(text);
    if ("error" in parsed || !isSelectable(parsed.label, naming)) {
      unnamed.push(text);
      continue;
    }
    const { source, key, value } = parsed.label;
    if (isNamespace(parsed.label) && value === naming.namespace) continue;
    // Without their source, these would be taken for something else.
    const bare = source === UNSPEC_SOURCE && key !== NAMESPACE_KEY && !isNetwork(key);
    matchLabels.push([bare ? key : `${source}:${key}`, value]);
  }
  matchLabels.sort(([a], [b]) => (a < b ? -1 : 1));
  return { matchLabels, unnamed };
}

/** The namespace that the labels name, if a document can have it. */
export function namespaceOf(labels: readonly string[]): string | undefined {
  for (const text of labels) {
    const parsed = parseLabel(text);
    if ("error" in parsed || !isNamespace(parsed.label)) continue;
    const { value } = parsed.label;
    return NAMESPACE_NAME.test(value) ? value : undefined;
  }
  return undefined;
}

function isNamespace(label: Label): boolean {
  return label.source === NAMESPACE_SOURCE && label.key === NAMESPACE_KEY;
}

/** Labels of other sources need not keep to Kubernetes' syntax, and selectors must. */
function isSelectable({ source, key, value }: Label, { reservedNames }: Naming): boolean {
  if (source === CIDR_SOURCE) return false;
  if (source === RESERVED_SOURCE) return reservedNames.has(key) && value === "";
  return isLabelKey(key) && isLabelValue(value);
}
