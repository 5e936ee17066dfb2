import type { Request } from "../../api/request.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { Decision, MatcherSource, RequestMatcher } from "../endpoint-policy.ts";

/**
 * Decides by the rules in force, and tells what the audited ones would have refused.
 *
 * @param enforced The enforcing documents' rules alone. undefined: they allow everything.
 * @param whole The rules of all documents, as if all were enforced. undefined: they refuse everything.
 * @param missing Named where no rule of `whole` allows.
 */
export function auditedMatcher(
  enforced: RequestMatcher | undefined,
  whole: RequestMatcher | undefined,
  missing: RuleOrigin,
): RequestMatcher {
  return new AuditedMatcher(enforced, whole, missing);
}

class AuditedMatcher implements RequestMatcher {
  readonly source: MatcherSource;
  readonly #enforced: RequestMatcher | undefined;
  readonly #whole: RequestMatcher | undefined;
  readonly #missing: Decision;
  /** By the origin of the deny rule: one for each that has refused, for as long as the rule itself is kept. */
  readonly #denials = new WeakMap<RuleOrigin, Decision>();

  constructor(enforced: RequestMatcher | undefined, whole: RequestMatcher | undefined, missing: RuleOrigin) {
    this.source = { kind: "audited", enforced: enforced?.source, whole: whole?.source, missing };
    this.#enforced = enforced;
    this.#whole = whole;
    this.#missing = audited(missing);
  }

  match(request: Request): Decision {
    const decision = this.#enforced?.match(request);
    if (decision?.allowed === false) return decision;
    const judged = this.#whole?.match(request);
    if (judged?.allowed === true) return decision ?? judged;
    return judged?.origin === undefined ? this.#missing : this.#deniedBy(judged.origin);
  }

  #deniedBy(origin: RuleOrigin): Decision {
    let decision = this.#denials.get(origin);
    if (decision === undefined) {
      decision = audited(origin);
      this.#denials.set(origin, decision);
    }
    return decision;
  }
}

function audited(origin: RuleOrigin): Decision {
  return Object.freeze({ allowed: true, audited: true, origin });
}
