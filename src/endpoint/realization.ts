import { reasonOf } from "../lib/error.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";
import type { PlaneLink } from "./plane-link.ts";

interface Order {
  policy: EndpointPolicy;
  readonly answered: PromiseWithResolvers<void>;
}

/**
 * What one data plane makes of one endpoint's policies. It gets them one at a time, each after its answer to the one
 * before; of those that come meanwhile only the newest.
 */
export class Realization {
  readonly link: PlaneLink;
  /** The last one that was put in force. */
  accepted: EndpointPolicy | undefined;
  /** The last one, if it was refused. */
  refused: { readonly policy: EndpointPolicy; readonly reason: string } | undefined;
  private next: Order | undefined;
  private busy = false;

  constructor(link: PlaneLink) {
    this.link = link;
  }

  /** Settles, and never rejects, when the data plane has answered to this policy or to a newer one. */
  want(policy: EndpointPolicy): Promise<void> {
    if (this.next) {
      this.next.policy = policy;
      return this.next.answered.promise;
    }
    const answered = Promise.withResolvers<void>();
    this.next = { policy, answered };
    this.link.handed(answered.promise);
    if (!this.busy) void this.work();
    return answered.promise;
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const { policy, answered } = this.next;
      this.next = undefined;
      await this.hand(policy);
      answered.resolve();
    }
    this.busy = false;
  }

  private async hand(policy: EndpointPolicy): Promise<void> {
    const reason = await this.refusalOf(policy);
    if (reason === undefined) {
      this.accepted = policy;
      this.refused = undefined;
    } else {
      this.refused = { policy, reason };
    }
  }

  private async refusalOf(policy: EndpointPolicy): Promise<string | undefined> {
    try {
      const answer = await this.link.dataPlane.apply(policy);
      return answer.accepted ? undefined : answer.reason;
    } catch (error) {
      return reasonOf(error);
    }
  }
}
