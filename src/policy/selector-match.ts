import { type Label, RESERVED_SOURCE } from "../labels/label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector } from "./rule.ts";

/** Whether a selector selects everybody: it asks for nothing, or for `reserved:all`. */
export function selectsAll(selector: EndpointSelector): boolean {
  return (
    selector.matchLabels.length === 0 ||
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
  return selectsAll(selector) || selector.matchLabels.every((label) => hasLabel(labels, label));
}

/** All that a selector may ask for and find with these labels, sources apart. */
export function selectableLabels(labels: LabelSet): readonly Label[] {
  return isInCluster(labels) ? [...labels.labels, CLUSTER] : labels.labels;
}

function hasLabel(labels: LabelSet, { source, key, value }: Label): boolean {
  if (source === CLUSTER.source && key === CLUSTER.key) return isInCluster(labels);
  return labels.has(source, key, value);
}

function isInCluster(labels: LabelSet): boolean {
  return !labels.has(RESERVED_SOURCE, "world", "");
}
