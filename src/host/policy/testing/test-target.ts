import type { EndpointPolicy } from "../../../policy/endpoint-policy.ts";
import type { PolicyTarget } from "../policy-target.ts";

/** Holds what is in force, and says when something changes. */
export class TestTarget implements PolicyTarget {
  readonly policies = new Map<string, EndpointPolicy>();
  /** The names of what was called. */
  readonly calls: string[] = [];
  /** Within each call, when the change is in force. */
  onChange: () => void = () => {};

  async apply(policy: EndpointPolicy): Promise<void> {
    this.policies.set(policy.endpoint, policy);
    this.called("apply");
  }

  async forget(endpoint: string): Promise<void> {
    this.policies.delete(endpoint);
    this.called("forget");
  }

  async identitiesChanged(): Promise<void> {
    this.called("identitiesChanged");
  }

  async replaceAll(policies: readonly EndpointPolicy[]): Promise<void> {
    this.policies.clear();
    for (const policy of policies) this.policies.set(policy.endpoint, policy);
    this.called("replaceAll");
  }

  private called(what: string): void {
    this.calls.push(what);
    this.onChange();
  }
}
