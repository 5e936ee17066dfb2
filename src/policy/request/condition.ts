import type { Regex } from "../../lib/regex/regex.ts";

/**
 * What one field of a rule asks of one attribute. `attribute` is the attribute's number within the matcher's declaration.
 * `exact` is a set of one.
 */
export type Condition = { readonly attribute: number } & (
  | { readonly kind: "oneOf"; readonly values: ReadonlySet<string> }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "regex"; readonly regex: Regex }
);

/** Whether one value fulfils the condition. Texts are compared by UTF-16 code units. */
export function holds(condition: Condition, value: string): boolean {
  switch (condition.kind) {
    case "oneOf":
      return condition.values.has(value);
    case "prefix":
      return value.startsWith(condition.prefix);
    case "regex": {
      const { literal } = condition.regex;
      return value.startsWith(literal.prefix) && value.includes(literal.substring) && condition.regex.test(value);
    }
  }
}

/** Equal texts: conditions that every value fulfils alike. */
export function conditionKey(condition: Condition): string {
  const what =
    condition.kind === "oneOf"
      ? [...condition.values].sort()
      : condition.kind === "prefix"
        ? condition.prefix
        : condition.regex.source;
  return JSON.stringify([condition.attribute, condition.kind, what]);
}

/** Cheapest to check first. */
export function byCost(a: Condition, b: Condition): number {
  return COST[a.kind] - COST[b.kind] || a.attribute - b.attribute;
}

const COST = { oneOf: 0, prefix: 1, regex: 2 } as const;
