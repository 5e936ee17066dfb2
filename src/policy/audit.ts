import type { RuleOrigin } from "../api/rule-origin.ts";
import type { ConnectionVerdict, RequestMatcher } from "./endpoint-policy.ts";
import { auditedMatcher } from "./request/audited-matcher.ts";
import { constantMatcher } from "./request/constant-matcher.ts";

/** What an endpoint in audit mode enforces: nothing. */
export const OPEN: ConnectionVerdict = Object.freeze({ kind: "allowed", origin: undefined });

/**
 * Joins what is enforced with what would be, if audited policies were enforced too. The first decides; where it lets pass
 * what the second would not, that is said, for the connection or request by request.
 *
 * @param missing Where a rule is missing, if none allows.
 */
export function auditedVerdict(
  enforced: ConnectionVerdict,
  whole: ConnectionVerdict,
  missing?: RuleOrigin,
): ConnectionVerdict {
  if (enforced.kind === "denied") return enforced;
  if (enforced.kind === "allowed") return auditedConnection(enforced, whole, missing);
  if (whole.kind === "allowed") return enforced;
  const place = whole.kind === "denied" ? (whole.origin ?? missing) : placeOf(whole.origin);
  if (place === undefined) return enforced;
  // If another extension read the connection, it would take none of the requests that this one reads for one of its own.
  const judges = whole.kind === "l7" && whole.parser === enforced.parser;
  const matcher = auditedMatcher(enforced.matcher, judges ? whole.matcher : undefined, place);
  return Object.freeze({ ...enforced, matcher });
}

function auditedConnection(
  enforced: ConnectionVerdict & { kind: "allowed" },
  whole: ConnectionVerdict,
  missing: RuleOrigin | undefined,
): ConnectionVerdict {
  if (whole.kind === "allowed") return enforced.origin === undefined ? whole : enforced;
  if (whole.kind === "denied") {
    const origin = whole.origin ?? missing;
    return Object.freeze({ kind: "allowed", origin, audit: whole.reason });
  }
  const place = placeOf(whole.origin);
  return Object.freeze({
    kind: "l7",
    parser: whole.parser,
    matcher: place === undefined ? whole.matcher : auditedMatcher(allowedBy(enforced.origin), whole.matcher, place),
    origin: enforced.origin ?? whole.origin,
    mode: "observe",
  });
}

/** Requests that an enforcing rule lets pass with the connection pass by that rule, not by an audited one that fits too. */
function allowedBy(origin: RuleOrigin | undefined): RequestMatcher | undefined {
  if (origin === undefined) return undefined;
  return constantMatcher(Object.freeze({ allowed: true, audited: false, origin }));
}

/** The rule of the connection, as the place where one for the request is missing. */
function placeOf(origin: RuleOrigin | undefined): RuleOrigin | undefined {
  return origin && Object.freeze({ ...origin, effect: "missing" });
}
