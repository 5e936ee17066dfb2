import type { OpenListener } from "./listener-set.ts";
import { formatTarget } from "./redirect.ts";

/** What explicit listeners cannot prevent, in the operator's own addresses. */
export function bypassWarnings(listeners: readonly OpenListener[]): readonly string[] {
  return [...new Set(listeners.map(aroundTheProxy))];
}

function aroundTheProxy({ redirect: { upstream, endpoint }, listen }: OpenListener): string {
  return (
    `whoever can reach ${formatTarget(upstream)} goes around the policy of the endpoint "${endpoint}"; ` +
    `let only weir connect there (listener ${listen})`
  );
}
