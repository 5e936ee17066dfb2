import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { compileRequestMatcher } from "../request/compile.ts";
import type { L7Rule } from "../rule.ts";
import type { Findings } from "./findings.ts";
import type { Position } from "./source-node.ts";

/** An entry of `l7` with its place. */
export interface PlacedRule {
  readonly rule: L7Rule;
  readonly at: Position;
}

/**
 * Warns where one `l7` list lacks what its extension hints at, at the entry that allows the one request. The list alone is
 * judged, by the code that enforces it; another list may well allow the other request.
 *
 * @param placed All entries of the list; each is right.
 */
export function warnOfHints(
  declaration: ExtensionDeclaration,
  placed: readonly PlacedRule[],
  path: string,
  findings: Findings,
): void {
  const { hints = [] } = declaration;
  if (hints.length === 0 || placed.length === 0) return;
  const places = new Map<RuleOrigin, Position>();
  const rules = placed.map(({ rule, at }) => {
    const origin: RuleOrigin = { policy: "", rule: rule.path, labels: [] };
    places.set(origin, at);
    return { fields: rule.fields, deny: rule.deny, origin };
  });
  const matcher = compileRequestMatcher(declaration, rules);
  for (const { allowed, refused, message, hint } of hints) {
    const { allowed: allows, origin } = matcher.match(allowed);
    const at = origin === undefined ? undefined : places.get(origin);
    if (allows && at !== undefined && !matcher.match(refused).allowed) findings.warn(at, path, message, hint);
  }
}
