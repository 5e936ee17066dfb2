import { RESERVED_SOURCE } from "../labels/label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector } from "./rule.ts";

/** Whether a selector selects everybody: it asks for nothing, or for `reserved:all`. */
export function selectsAll(selector: EndpointSelector): boolean {
  return (
    selector.matchLabels.length === 0 ||
    selector.matchLabels.some((label) => label.source === RESERVED_SOURCE && label.key === "all")
  );
}

/** Whether a selector selects whoever has these labels. */
export function selectorMatches(selector: EndpointSelector, labels: LabelSet): boolean {
  return selectsAll(selector) || selector.matchLabels.every(({ source, key, value }) => labels.has(source, key, value));
}
