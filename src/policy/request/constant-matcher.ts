import type { Decision, RequestMatcher } from "../endpoint-policy.ts";

/** Decides the same for every request. */
export function constantMatcher(decision: Decision): RequestMatcher {
  return { match: () => decision, source: { kind: "constant", decision } };
}
