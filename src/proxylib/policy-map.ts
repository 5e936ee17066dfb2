import type { Decision, EndpointPolicy } from "../policy/endpoint-policy.ts";

/** Where the library looks policy up. Handed in: the agent's own map in one process, a copy kept by a client in a host. */
export interface PolicySource {
  /** Changes with every change of any policy: whoever compiled something from a policy compares it. */
  readonly generation: number;
  get(endpoint: string): EndpointPolicy | undefined;
}

/** The decision where no policy lets the connection through. */
export const NOT_ALLOWED: Decision = Object.freeze({ allowed: false, audited: false, origin: undefined });

/** The policies in force, by endpoint. A policy is replaced as a whole, by one assignment. */
export class PolicyMap implements PolicySource {
  private readonly policies = new Map<string, EndpointPolicy>();
  private changes = 0;

  get generation(): number {
    return this.changes;
  }

  get(endpoint: string): EndpointPolicy | undefined {
    return this.policies.get(endpoint);
  }

  set(policy: EndpointPolicy): void {
    this.policies.set(policy.endpoint, policy);
    this.changes++;
  }

  /** These and no others. */
  replaceAll(policies: readonly EndpointPolicy[]): void {
    this.policies.clear();
    for (const policy of policies) this.policies.set(policy.endpoint, policy);
    this.changes++;
  }

  /** An endpoint without a policy lets nothing through. */
  delete(endpoint: string): void {
    if (this.policies.delete(endpoint)) this.changes++;
  }
}
