import { CIDR_SOURCE } from "../labels/cidr-label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector } from "./rule.ts";
import { selectableLabels } from "./selector-match.ts";

/**
 * Texts by one of which every identity that the selector selects can be found: one for each value that one of its
 * conditions takes, and no identity is found by two of them. Empty: no condition asks for a label to be there.
 *
 * @param cost Of a text: how much is filed under it. The cheapest condition is taken.
 */
export function anchorsOf(selector: EndpointSelector, cost: (text: string) => number): readonly string[] {
  const choices: string[][] = selector.matchLabels.map(({ key, value }) => [textOf(key, value)]);
  for (const { source, key, operator, values } of selector.matchExpressions) {
    if (operator === "In") choices.push(values.map((value) => textOf(key, value)));
    else if (operator === "Exists" && source !== CIDR_SOURCE) choices.push([key]);
  }
  let cheapest: readonly string[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const texts of choices) {
    const sum = texts.reduce((total, text) => total + cost(text), 0);
    if (sum >= least) continue;
    least = sum;
    cheapest = texts;
  }
  return cheapest;
}

/** Every text under which a selector that selects these labels may be filed. */
export function* anchorTextsOf(labels: LabelSet): IterableIterator<string> {
  for (const { source, key, value } of selectableLabels(labels)) {
    yield textOf(key, value);
    // Selectors cannot ask for any network at all, and identities of networks have many labels.
    if (source !== CIDR_SOURCE) yield key;
  }
}

/** Without the source: a selector of source `any` must be found by labels of every source. Keys hold no `=`. */
function textOf(key: string, value: string): string {
  return `${key}=${value}`;
}
