import type { EndpointSelector, SelectorExpression, SelectorLabel } from "./rule.ts";

/** A selector in canonical form: conditions in order, none twice. */
export function endpointSelector(
  labels: readonly SelectorLabel[],
  expressions: readonly SelectorExpression[] = [],
): EndpointSelector {
  const byText = new Map(labels.map((label) => [`${label.source}:${label.key}=${label.value};`, label]));
  const texts = [...byText.keys()].sort();
  const expressionsByText = new Map(
    expressions.map((given) => {
      const expression = { ...given, values: [...new Set(given.values)].sort() };
      return [expressionText(expression), expression];
    }),
  );
  const expressionTexts = [...expressionsByText.keys()].sort();
  return {
    matchLabels: texts.map((text) => byText.get(text) as SelectorLabel),
    matchExpressions: expressionTexts.map((text) => expressionsByText.get(text) as SelectorExpression),
    key: [...texts, ...expressionTexts].join(""),
  };
}

/** Selects whoever each of the selectors selects. */
export function allOf(selectors: readonly EndpointSelector[]): EndpointSelector {
  return endpointSelector(
    selectors.flatMap(({ matchLabels }) => matchLabels),
    selectors.flatMap(({ matchExpressions }) => matchExpressions),
  );
}

/** Selects the identity of one reserved label, and with it every identity that carries the label. */
export function reservedSelector(name: string): EndpointSelector {
  return endpointSelector([{ source: "reserved", key: name, value: "" }]);
}

/** Values and keys of labels hold no `;`, and `(` begins no source: the text of one condition is never that of another. */
function expressionText({ source, key, operator, values }: SelectorExpression): string {
  return `(${source}:${key} ${operator} ${values.join(",")});`;
}
