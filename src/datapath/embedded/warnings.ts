import type { OpenListener } from "./listener-set.ts";
import { formatTarget } from "./redirect.ts";

const LOOPBACK_V4 = 127;

/** What explicit listeners cannot prevent, in the operator's own addresses. */
export function bypassWarnings(listeners: readonly OpenListener[]): readonly string[] {
  const warnings = [...new Set(listeners.map(aroundTheProxy))];
  if (
    listeners.some(({ redirect: { listen } }) => listen.address.family === 4 && listen.address.bytes[0] === LOOPBACK_V4)
  ) {
    warnings.push(
      "any local process may bind any 127.x.y.z address and so take the identity of its endpoint; " +
        "use such addresses for demonstration only",
    );
  }
  return warnings;
}

function aroundTheProxy({ redirect: { upstream, endpoint }, listen }: OpenListener): string {
  return (
    `whoever can reach ${formatTarget(upstream)} goes around the policy of the endpoint "${endpoint}"; ` +
    `let only weir connect there (listener ${listen})`
  );
}
