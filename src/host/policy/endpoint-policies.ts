import type { NumericIdentity, PolicyRevision } from "../../api/identity.ts";
import { ReservedIdentity } from "../../identity/reserved.ts";
import { reasonOf } from "../../lib/error.ts";
import { decodePolicy, type ReferringPolicy } from "../../policy/description/decode-policy.ts";
import type { EndpointPolicy } from "../../policy/endpoint-policy.ts";
import type { Resource } from "../../xds/resource.ts";
import { endpointPolicy, policyProblems } from "./endpoint-rules.ts";
import type { Acquired, Rules, SharedRules } from "./rules-in-use.ts";

const NO_REVISION = 0 as PolicyRevision;

/** Who is who, as far as a refused policy needs to know. */
export interface EndpointLabels {
  /** Number of an endpoint's identity. undefined: there is no such endpoint. */
  identityOf(endpoint: string): NumericIdentity | undefined;
  /** Canonical text of the labels that a number means. undefined: nobody knows. */
  labelsKeyOf(id: NumericIdentity): string | undefined;
}

interface InForce {
  readonly encoded: ReferringPolicy;
  readonly rules: Rules | undefined;
  readonly policy: EndpointPolicy;
  /** Of the endpoint for which the rules were made. undefined: they are nothing to fall back to. */
  readonly labels: string | undefined;
}

/** What became of a policy that was delivered. */
export interface PolicyChange {
  /** Why it is refused. */
  readonly reason?: string;
  /** To be put in force. Absent: what was in force stays. */
  readonly apply?: EndpointPolicy;
  /** To be given back when no connection is judged by them any more. */
  readonly stale?: Rules;
}

/**
 * The policies of the endpoints of one world. One that is refused leaves the last good one in force, as long as the
 * endpoint has the labels for which that was made; else everything is denied.
 */
export class EndpointPolicies {
  private readonly shared: SharedRules;
  private readonly who: EndpointLabels;
  private readonly byName = new Map<string, InForce>();
  private readonly denied = new Set<string>();

  constructor(shared: SharedRules, who: EndpointLabels) {
    this.shared = shared;
    this.who = who;
  }

  all(): readonly EndpointPolicy[] {
    return [...this.byName.values()].map(({ policy }) => policy);
  }

  /** To be called one at a time. */
  async put({ name, value }: Resource): Promise<PolicyChange> {
    // Whatever goes wrong, an endpoint that has become another one is not left to the rules of what it was.
    const read = await this.read(name, value).catch((error: unknown) => ({ error: reasonOf(error) }));
    return "error" in read ? this.refuse(name, read.error) : this.replace(name, read);
  }

  /** @returns Whether the endpoint had one. */
  remove(name: string): PolicyChange & { readonly known: boolean } {
    const before = this.byName.get(name);
    this.byName.delete(name);
    this.denied.delete(name);
    return { known: before !== undefined, ...staleOf(before) };
  }

  /** Where a policy was refused, what was the last good one in a former world: rules speak of labels, not of numbers. */
  async fallBackTo(former: EndpointPolicies): Promise<void> {
    for (const name of [...this.denied]) {
      const good = former.byName.get(name);
      const identity = this.who.identityOf(name);
      if (good === undefined || identity === undefined || !this.isMeantFor(name, good)) continue;
      const rules = good.rules && this.shared.acquireFrom(good.rules);
      const built = await this.build({ ...good.encoded, identity }, rules);
      if ("error" in built) continue;
      this.replace(name, built);
    }
  }

  /** Nobody enforces these rules any more. */
  release({ stale }: PolicyChange): void {
    if (stale !== undefined) this.shared.release(stale);
  }

  private async read(name: string, value: Uint8Array): Promise<InForce | { readonly error: string }> {
    const decoded = decodePolicy(value);
    if ("error" in decoded) return decoded;
    const { policy } = decoded;
    if (policy.endpoint === name) {
      return this.build(policy, policy.rules === undefined ? undefined : this.shared.acquire(policy.rules));
    }
    return { error: `the policy is named ${JSON.stringify(name)}, and is that of ${JSON.stringify(policy.endpoint)}` };
  }

  private async build(
    encoded: ReferringPolicy,
    acquired: Acquired | undefined,
  ): Promise<InForce | { readonly error: string }> {
    if (acquired !== undefined && "error" in acquired) return acquired;
    const rules = acquired?.rules;
    const problems = await policyProblems(encoded, rules, this.shared.extensions).catch((error: unknown) => [
      reasonOf(error),
    ]);
    if (problems.length > 0) {
      if (rules !== undefined) this.shared.release(rules);
      return { error: problems.join("; ") };
    }
    return {
      encoded,
      rules,
      policy: endpointPolicy(encoded, rules),
      labels: this.who.labelsKeyOf(encoded.identity),
    };
  }

  private replace(name: string, next: InForce): PolicyChange {
    const before = this.byName.get(name);
    this.byName.set(name, next);
    this.denied.delete(name);
    return { apply: next.policy, ...staleOf(before) };
  }

  private refuse(name: string, reason: string): PolicyChange {
    const before = this.byName.get(name);
    if (before !== undefined && this.isMeantFor(name, before)) return { reason };
    const identity = this.who.identityOf(name) ?? ReservedIdentity.Unknown;
    const denied = { kind: "denied" } as const;
    const encoded = {
      endpoint: name,
      identity,
      revision: NO_REVISION,
      ingress: denied,
      egress: denied,
      rules: undefined,
    };
    const policy = endpointPolicy(encoded, undefined);
    this.byName.set(name, { encoded, rules: undefined, policy, labels: undefined });
    this.denied.add(name);
    return { reason, apply: policy, ...staleOf(before) };
  }

  /** An endpoint that has become another one must not go on under the rules of what it was. */
  private isMeantFor(name: string, { labels }: InForce): boolean {
    const identity = this.who.identityOf(name);
    return identity !== undefined && labels !== undefined && this.who.labelsKeyOf(identity) === labels;
  }
}

function staleOf(before: InForce | undefined): Pick<PolicyChange, "stale"> {
  return before?.rules === undefined ? {} : { stale: before.rules };
}
