import type { HostDistribution } from "./host-fleet.ts";

/** A policy as resources. */
export interface EncodedPolicy {
  /** A NetworkPolicy, which refers to the rules. */
  readonly policy: Uint8Array;
  /** A PolicyRules, whose name follows from its content. Absent: the policy refers to none. */
  readonly rules?: { readonly name: string; readonly bytes: Uint8Array };
}

/**
 * The policies of endpoints as resources, and what they refer to: rules that many endpoints have are there once, before the
 * first policy that needs them and until the last one is gone.
 */
export class PolicyResources {
  private readonly distribution: Pick<HostDistribution, "put" | "remove">;
  /** Endpoint → name of the rules of its policy. */
  private readonly rulesOf = new Map<string, string>();
  /** Name of rules → how many policies refer to them. */
  private readonly references = new Map<string, number>();

  constructor(distribution: Pick<HostDistribution, "put" | "remove">) {
    this.distribution = distribution;
  }

  /**
   * @returns The version of the policy.
   * @throws WeirError WEIR_LIMIT_EXCEEDED where it cannot be delivered; then the former one stays.
   */
  put(endpoint: string, { policy, rules }: EncodedPolicy): string {
    const former = this.rulesOf.get(endpoint);
    if (rules !== undefined) this.acquire(rules.name, rules.bytes);
    let version: string;
    try {
      version = this.distribution.put("NetworkPolicy", endpoint, policy);
    } catch (error) {
      this.release(rules?.name);
      throw error;
    }
    if (rules === undefined) this.rulesOf.delete(endpoint);
    else this.rulesOf.set(endpoint, rules.name);
    this.release(former);
    return version;
  }

  remove(endpoint: string): void {
    this.distribution.remove("NetworkPolicy", endpoint);
    const former = this.rulesOf.get(endpoint);
    this.rulesOf.delete(endpoint);
    this.release(former);
  }

  private acquire(name: string, bytes: Uint8Array): void {
    const references = this.references.get(name) ?? 0;
    if (references === 0) this.distribution.put("PolicyRules", name, bytes);
    this.references.set(name, references + 1);
  }

  private release(name: string | undefined): void {
    if (name === undefined) return;
    const references = (this.references.get(name) ?? 0) - 1;
    if (references > 0) {
      this.references.set(name, references);
      return;
    }
    this.references.delete(name);
    this.distribution.remove("PolicyRules", name);
  }
}
