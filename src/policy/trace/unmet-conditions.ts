import { ANY_SOURCE, formatLabel } from "../../labels/label.ts";
import type { LabelSet } from "../../labels/label-set.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type { EndpointSelector, SelectorExpression, SelectorLabel } from "../rule.ts";
import { selectorMatches } from "../selector-match.ts";

/** The conditions of a selector that labels do not meet, each as text. Empty: the selector selects them. */
export function unmetConditions(selector: EndpointSelector, labels: LabelSet): readonly string[] {
  if (selectorMatches(selector, labels)) return [];
  return [
    ...selector.matchLabels
      .filter((label) => !selectorMatches(endpointSelector([label]), labels))
      .map((label) => `${labelText(label)} wanted${given(label, labels)}`),
    ...selector.matchExpressions
      .filter((expression) => !selectorMatches(endpointSelector([], [expression]), labels))
      .map((expression) => `${expressionText(expression)} wanted${given(expression, labels)}`),
  ];
}

/** What is there instead: mostly another value, sometimes the same one from another source. */
function given({ key }: SelectorLabel | SelectorExpression, labels: LabelSet): string {
  const label = labels.get(key);
  return label === undefined ? "" : ` (has ${formatLabel(label)})`;
}

function labelText({ source, key, value }: SelectorLabel): string {
  return `${keyText(source, key)}${value === "" ? "" : `=${value}`}`;
}

function expressionText({ source, key, operator, values }: SelectorExpression): string {
  const list = operator === "In" || operator === "NotIn" ? ` [${values.join(", ")}]` : "";
  return `${keyText(source, key)} ${operator}${list}`;
}

/** As it is written in policies. */
function keyText(source: string, key: string): string {
  return source === ANY_SOURCE ? key : `${source}:${key}`;
}
