import { RESERVED_SOURCE } from "../../labels/label.ts";
import type { EndpointSelector, SelectorExpression, SelectorLabel } from "../rule.ts";
import type { Check } from "./check.ts";
import type { LabelName } from "./label-syntax.ts";
import { readSelector, type SelectorParts, selectorOf } from "./selector.ts";
import { quote, type SourceNode } from "./source-node.ts";

const NAMESPACE_KEY = "io.kubernetes.pod.namespace";

/**
 * Whether only endpoints in `init` are selected: their namespace is not known yet. An expression that merely speaks of
 * `reserved:init` (that it does not exist, say) must not lift a rule out of its namespace.
 */
export function isInitSelector({ matchLabels, matchExpressions }: EndpointSelector): boolean {
  const isInit = ({ source, key }: LabelName): boolean => source === RESERVED_SOURCE && key === "init";
  return (
    matchLabels.some(isInit) ||
    matchExpressions.some((one) => isInit(one) && (one.operator === "Exists" || one.operator === "In"))
  );
}

/** The `endpointSelector` of a rule: always confined to the document's namespace, except for endpoints in `init`. */
export function readSubject(node: SourceNode, path: string, check: Check): EndpointSelector | undefined {
  const { namespace, findings } = check;
  const parts = readSelector(node, path, "`endpointSelector`", check);
  if (parts === undefined) return undefined;
  const plain = selectorOf(parts);
  if (namespace === undefined || isInitSelector(plain)) return plain;
  const other = parts.labels.find((label) => isNamespace(label) && label.value !== namespace);
  if (other !== undefined) {
    const message = `the policy selects endpoints of its own namespace ${quote(namespace)}, not of ${quote(other.value)}`;
    findings.warn(node.at, path, message, `remove the label or put the policy into ${quote(other.value)}`);
  }
  const contrary = parts.expressions.find((one) => isNamespace(one) && !holdsIn(namespace, one));
  if (contrary !== undefined) {
    const message = `the policy selects endpoints of its own namespace ${quote(namespace)}, and \`${contrary.operator}\` leaves none of them`;
    findings.warn(node.at, path, message, "remove the expression or put the policy into another namespace");
  }
  const kept = parts.labels.filter((label) => !isNamespace(label));
  return selectorOf({ ...parts, labels: [...kept, namespaceLabel(namespace)] });
}

/**
 * A peer in `fromEndpoints` or `toEndpoints`: in the document's namespace unless it names a namespace or a reserved
 * identity itself, or `everywhere` (the rule is about endpoints in `init`).
 */
export function readPeer(
  node: SourceNode,
  path: string,
  everywhere: boolean,
  check: Check,
): EndpointSelector | undefined {
  const parts = readSelector(node, path, "a selector", check);
  if (parts === undefined) return undefined;
  const names = [...parts.labels, ...parts.expressions];
  return scoped(parts, everywhere || names.some(({ source }) => source === RESERVED_SOURCE), check);
}

/** A requirement: like a peer, but to name a reserved identity takes it out of no namespace. */
export function readRequirement(
  node: SourceNode,
  path: string,
  everywhere: boolean,
  check: Check,
): EndpointSelector | undefined {
  const parts = readSelector(node, path, "a selector", check);
  return parts === undefined ? undefined : scoped(parts, everywhere, check);
}

function scoped(parts: SelectorParts, everywhere: boolean, { namespace }: Check): EndpointSelector {
  const own = [...parts.labels, ...parts.expressions].some(isNamespace);
  if (namespace === undefined || everywhere || own) return selectorOf(parts);
  return selectorOf({ ...parts, labels: [...parts.labels, namespaceLabel(namespace)] });
}

function isNamespace({ source, key }: LabelName): boolean {
  return key === NAMESPACE_KEY && (source === "k8s" || source === "any");
}

function namespaceLabel(namespace: string): SelectorLabel {
  return { source: "k8s", key: NAMESPACE_KEY, value: namespace };
}

/** Whether endpoints that are in the namespace fulfil an expression about it. */
function holdsIn(namespace: string, { operator, values }: SelectorExpression): boolean {
  switch (operator) {
    case "In":
      return values.includes(namespace);
    case "NotIn":
      return !values.includes(namespace);
    case "Exists":
      return true;
    case "DoesNotExist":
      return false;
  }
}
