import { formatTarget, type Redirect } from "./redirect.ts";

const LOOPBACK_V4 = 127;

/** What explicit listeners cannot prevent, in the operator's own addresses. */
export function bypassWarnings(redirects: readonly Redirect[]): readonly string[] {
  const warnings = [...new Set(redirects.map(aroundTheProxy))];
  if (redirects.some(({ listen }) => listen.address.family === 4 && listen.address.bytes[0] === LOOPBACK_V4)) {
    warnings.push(
      "any local process may bind any 127.x.y.z address and so take the identity of its endpoint; " +
        "use such addresses for demonstration only",
    );
  }
  return warnings;
}

function aroundTheProxy({ upstream, listen, endpoint }: Redirect): string {
  return (
    `whoever can reach ${formatTarget(upstream)} goes around the policy of the endpoint "${endpoint}"; ` +
    `let only weir connect there (listener ${formatTarget(listen)})`
  );
}
