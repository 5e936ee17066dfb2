import { CIDR_SOURCE } from "../labels/cidr-label.ts";
import { ANY_SOURCE, type Label, RESERVED_SOURCE } from "../labels/label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector, SelectorExpression } from "./rule.ts";

/** Whether a selector selects everybody: it asks for nothing, or for `reserved:all`. */
export function selectsAll(selector: EndpointSelector): boolean {
  return (
    (selector.matchLabels.length === 0 && selector.matchExpressions.length === 0) ||
    selector.matchLabels.some((label) => label.source === RESERVED_SOURCE && label.key === "all")
  );
}

/**
 * The entity `cluster` in a selector: whoever is not part of the world. No workload carries this label, so whoever does
 * not know of it selects nobody.
 */
const CLUSTER: Label = { source: RESERVED_SOURCE, key: "cluster", value: "" };

/** Whether a selector selects whoever has these labels. */
export function selectorMatches(selector: EndpointSelector, labels: LabelSet): boolean {
  if (selectsAll(selector)) return true;
  return (
    selector.matchLabels.every(({ source, key, value }) => find(labels, source, key)?.value === value) &&
    expressionsHold(selector, labels)
  );
}

/** The expressions of one selector by what they need: a label, or only that it is not there. */
interface SplitExpressions {
  readonly wanting: readonly SelectorExpression[];
  readonly refusingByKey: ReadonlyMap<string, readonly SelectorExpression[]>;
}

const splitBySelector = new WeakMap<EndpointSelector, SplitExpressions>();

/**
 * A network may have a thousand exceptions: of conditions that refuse labels only those are looked at that speak of the
 * labels there are.
 */
function expressionsHold(selector: EndpointSelector, labels: LabelSet): boolean {
  const { matchExpressions } = selector;
  if (matchExpressions.length <= labels.labels.length) return matchExpressions.every((one) => holds(one, labels));
  let split = splitBySelector.get(selector);
  if (!split) {
    split = splitExpressions(matchExpressions);
    splitBySelector.set(selector, split);
  }
  const { wanting, refusingByKey } = split;
  return (
    wanting.every((one) => holds(one, labels)) &&
    selectableLabels(labels).every(({ key }) => refusingByKey.get(key)?.every((one) => holds(one, labels)) ?? true)
  );
}

function splitExpressions(expressions: readonly SelectorExpression[]): SplitExpressions {
  const refuses = ({ operator }: SelectorExpression): boolean => operator === "NotIn" || operator === "DoesNotExist";
  const refusingByKey = new Map<string, SelectorExpression[]>();
  for (const one of expressions.filter(refuses)) {
    const present = refusingByKey.get(one.key);
    if (present) present.push(one);
    else refusingByKey.set(one.key, [one]);
  }
  return { wanting: expressions.filter((one) => !refuses(one)), refusingByKey };
}

/** All that a selector may ask for and find with these labels, sources apart. */
export function selectableLabels(labels: LabelSet): readonly Label[] {
  return isInCluster(labels) ? [...labels.labels, CLUSTER] : labels.labels;
}

/** The label of this key and source. Networks are found only by those who ask for their source. */
function find(labels: LabelSet, source: string, key: string): Label | undefined {
  if (source === CLUSTER.source && key === CLUSTER.key) return isInCluster(labels) ? CLUSTER : undefined;
  const label = labels.get(key);
  if (label === undefined) return undefined;
  const found = source === ANY_SOURCE ? label.source !== CIDR_SOURCE : label.source === source;
  return found ? label : undefined;
}

function holds({ source, key, operator, values }: SelectorExpression, labels: LabelSet): boolean {
  const label = find(labels, source, key);
  switch (operator) {
    case "Exists":
      return label !== undefined;
    case "DoesNotExist":
      return label === undefined;
    case "In":
      return label !== undefined && values.includes(label.value);
    case "NotIn":
      return label === undefined || !values.includes(label.value);
  }
}

function isInCluster(labels: LabelSet): boolean {
  return !labels.has(RESERVED_SOURCE, "world", "");
}
