import type { Regex } from "../../lib/regex/regex.ts";

/**
 * What one field of a rule asks of one attribute. `attribute` is the attribute's number within the matcher's declaration.
 * A set of one is `exact`.
 */
export type Condition = { readonly attribute: number } & (
  | { readonly kind: "exact"; readonly value: string }
  | { readonly kind: "oneOf"; readonly values: ReadonlySet<string> }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "regex"; readonly regex: Regex }
);

/** Whether one value fulfils the condition. Texts are compared by UTF-16 code units. */
export function holds(condition: Condition, value: string): boolean {
  switch (condition.kind) {
    case "exact":
      return value === condition.value;
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
  return JSON.stringify([condition.attribute, condition.kind, what(condition)]);
}

function what(condition: Condition): string | readonly string[] {
  switch (condition.kind) {
    case "exact":
      return condition.value;
    case "oneOf":
      return [...condition.values].sort();
    case "prefix":
      return condition.prefix;
    case "regex":
      return condition.regex.source;
  }
}

/** The condition that a value is one of these. */
export function anyOf(attribute: number, values: readonly string[]): Condition {
  const set = new Set(values);
  const [value] = set;
  return value !== undefined && set.size === 1
    ? { kind: "exact", attribute, value }
    : { kind: "oneOf", attribute, values: set };
}

/** Cheapest to check first. */
export function byCost(a: Condition, b: Condition): number {
  return COST[a.kind] - COST[b.kind] || a.attribute - b.attribute;
}

const COST = { exact: 0, oneOf: 1, prefix: 2, regex: 3 } as const;
