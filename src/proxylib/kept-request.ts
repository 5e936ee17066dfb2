import type { Request } from "../api/request.ts";
import type { Decision, RequestMatcher } from "../policy/endpoint-policy.ts";

/**
 * A request that comes again and again, made once by the extension: what was decided on it is kept with it for as long as
 * the policy is the same. Its attributes must not change.
 */
export class KeptRequest {
  readonly attributes: Request;
  private decider = NOBODY;
  private decision: Decision | undefined;

  constructor(attributes: Request) {
    this.attributes = attributes;
  }

  /**
   * For the engine. A matcher never changes: with another policy, or for another peer, there is another one.
   *
   * @param number Of the matcher, see `numberOf`: a matcher that is out of force is not held on to.
   */
  decidedBy(matcher: RequestMatcher, number: number): Decision {
    if (this.decider !== number || this.decision === undefined) {
      this.decision = matcher.match(this.attributes);
      this.decider = number;
    }
    return this.decision;
  }
}

const NOBODY = 0;
const numbers = new WeakMap<RequestMatcher, number>();
let last = NOBODY;

/** A number that no other matcher has or had. */
export function numberOf(matcher: RequestMatcher): number {
  let number = numbers.get(matcher);
  if (number === undefined) {
    number = ++last;
    numbers.set(matcher, number);
  }
  return number;
}
