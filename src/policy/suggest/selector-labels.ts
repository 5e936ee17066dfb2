import { type Label, parseLabel, UNSPEC_SOURCE } from "../../labels/label.ts";

/** The label by which Kubernetes' namespaces are told apart; policy confines its selectors to one by itself. */
export const NAMESPACE_KEY = "io.kubernetes.pod.namespace";
const NAMESPACE_SOURCE = "k8s";

/** What `matchLabels` may say: Kubernetes' syntax, which labels of other sources need not keep to. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const DOMAIN_LENGTH_MAX = 253;

export interface SelectorLabels {
  /** Key as `matchLabels` has it → value. Sorted. */
  readonly matchLabels: readonly (readonly [key: string, value: string])[];
  /** Labels that a selector cannot name. */
  readonly unnamed: readonly string[];
}

/**
 * Labels of an identity as `matchLabels`. The source is left out where nobody gave one.
 *
 * @param scoped Without the namespace: the document has it.
 */
export function selectorLabels(labels: readonly string[], namespace: string | undefined): SelectorLabels {
  const matchLabels: [string, string][] = [];
  const unnamed: string[] = [];
  for (const text of labels) {
    const parsed = parseLabel(text);
    if ("error" in parsed || !isSelectable(parsed.label)) {
      unnamed.push(text);
      continue;
    }
    const { source, key, value } = parsed.label;
    if (namespace !== undefined && isNamespace(parsed.label) && value === namespace) continue;
    // Without its source, this one would be taken for Kubernetes'.
    const bare = source === UNSPEC_SOURCE && key !== NAMESPACE_KEY;
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
    return value.length <= 63 && DOMAIN.test(value) && !value.includes(".") ? value : undefined;
  }
  return undefined;
}

function isNamespace(label: Label): boolean {
  return label.source === NAMESPACE_SOURCE && label.key === NAMESPACE_KEY;
}

function isSelectable({ key, value }: Label): boolean {
  const slash = key.indexOf("/");
  if (slash >= 0 && (slash > DOMAIN_LENGTH_MAX || !DOMAIN.test(key.slice(0, slash)))) return false;
  return NAME.test(key.slice(slash + 1)) && (value === "" || NAME.test(value));
}
