import type { Findings } from "./findings.ts";
import type { Position } from "./source-node.ts";

/** All of `items`, or, after an error that names the limit, the first `max`. */
export function bounded<T>(
  items: readonly T[],
  max: number,
  what: string,
  at: Position,
  path: string,
  findings: Findings,
  hint: string,
): readonly T[] {
  if (items.length <= max) return items;
  findings.error(at, path, `${items.length} ${what}, more than the limit of ${max}`, hint);
  return items.slice(0, max);
}
