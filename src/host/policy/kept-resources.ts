import type { NumericIdentity } from "../../api/identity.ts";
import { ReservedIdentity } from "../../identity/reserved.ts";
import { decodePolicy } from "../../policy/description/decode-policy.ts";
import { decodeAddress } from "../../resources/address-resource.ts";
import { decodeEndpoint } from "../../resources/endpoint-resource.ts";
import { decodeIdentity, identityName } from "../../resources/identity-resource.ts";
import { goesAlone } from "../../xds/pending-changes.ts";
import { RESOURCE_KINDS, type Resource, type ResourceUpdate } from "../../xds/resource.ts";
import { mapPerKind } from "../../xds/resource-store.ts";
import type { KeptResource, LastGood } from "./last-good-format.ts";
import { ownBytes } from "./own-bytes.ts";
import { deniedPolicy, withIdentity } from "./policy-message.ts";

/**
 * What one agent has delivered, as far as it is in force: of what is refused, the last good one. As `EndpointPolicies`, it
 * takes none for good that was meant for other labels than the endpoint has now.
 */
export class KeptResources {
  readonly epoch: string;
  private readonly kinds = mapPerKind<Resource>();
  /** Rules that the agent has not taken away. Others are there as long as a policy in force refers to them. */
  private readonly delivered = new Set<string>();
  /** Name of rules → how many policies refer to them. */
  private readonly references = new Map<string, number>();
  /** Endpoint → name of the rules of its policy. */
  private readonly rulesOf = new Map<string, string>();
  /** Endpoint → labels for which its policy was made. None: it is nothing to fall back to. */
  private readonly labelsOf = new Map<string, string>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /**
   * @param accepted Whether what was put is in force.
   * @param former What is in force until this is complete; itself where it is.
   */
  note({ kind, put, removed }: ResourceUpdate, accepted: boolean, former: KeptResources | undefined): void {
    if (kind === "Identity" && accepted) this.orphan(put);
    for (const resource of put) {
      // A listener that cannot be opened now may be later.
      if (accepted || kind === "Listener") this.put(kind, resource);
      else if (kind === "NetworkPolicy") this.refusePolicy(resource, former);
      else if (goesAlone(kind)) this.keepFormer(kind, resource.name, former);
    }
    for (const name of removed) this.remove(kind, name);
  }

  /** In the order in which they are put in force. */
  lastGood(): LastGood {
    const resources: KeptResource[] = [];
    for (const kind of RESOURCE_KINDS) {
      for (const resource of this.kinds[kind].values()) {
        if (kind === "PolicyRules" && !this.references.has(resource.name)) continue;
        resources.push({ kind, ...resource });
      }
    }
    return { epoch: this.epoch, resources };
  }

  private put(kind: ResourceUpdate["kind"], { name, version, value }: Resource): void {
    this.kinds[kind].set(name, { name, version, value: ownBytes(value) });
    if (kind === "PolicyRules") this.delivered.add(name);
    if (kind !== "NetworkPolicy") return;
    const decoded = decodePolicy(value);
    const policy = "policy" in decoded ? decoded.policy : undefined;
    this.mean(name, policy && this.labelsOfIdentity(policy.identity));
    this.refer(name, policy?.rules);
  }

  /** The last good one stays, here or of another agent; else everything is denied. */
  private refusePolicy({ name, version }: Resource, former: KeptResources | undefined): void {
    const decoded = decodeEndpoint(this.kinds.Endpoint.get(name)?.value ?? new Uint8Array());
    const identity = "endpoint" in decoded ? decoded.endpoint.identity : undefined;
    const labels = identity === undefined ? undefined : this.labelsOfIdentity(identity);
    const isMeant = (kept: KeptResources): boolean => labels !== undefined && kept.labelsOf.get(name) === labels;
    if (isMeant(this)) return;
    const good = former !== undefined && isMeant(former) ? former.kinds.NetworkPolicy.get(name) : undefined;
    if (good === undefined || identity === undefined) {
      const value = deniedPolicy(name, identity ?? ReservedIdentity.Unknown);
      this.kinds.NetworkPolicy.set(name, { name, version, value });
      this.mean(name, undefined);
      this.refer(name, undefined);
      return;
    }
    // The number is another one here.
    this.kinds.NetworkPolicy.set(name, { ...good, value: withIdentity(good.value, identity) });
    const rules = former?.rulesOf.get(name);
    const content = rules === undefined ? undefined : former?.kinds.PolicyRules.get(rules);
    if (content !== undefined && !this.kinds.PolicyRules.has(content.name)) {
      this.kinds.PolicyRules.set(content.name, content);
    }
    this.mean(name, labels);
    this.refer(name, rules);
  }

  private keepFormer(kind: ResourceUpdate["kind"], name: string, former: KeptResources | undefined): void {
    const resource = former?.kinds[kind].get(name);
    if (former === undefined || former === this || resource === undefined) return;
    this.kinds[kind].set(name, resource);
  }

  private remove(kind: ResourceUpdate["kind"], name: string): void {
    if (kind === "PolicyRules") {
      this.delivered.delete(name);
      this.drop(name);
      return;
    }
    this.kinds[kind].delete(name);
    if (kind !== "NetworkPolicy") return;
    this.mean(name, undefined);
    this.refer(name, undefined);
  }

  /** As `World`: takes numbers that mean other labels from now on from all that have them, although that is told only later. */
  private orphan(identities: readonly Resource[]): void {
    const gone = new Set<NumericIdentity>();
    for (const { value } of identities) {
      const decoded = decodeIdentity(value);
      if ("error" in decoded) continue;
      const { id, labels } = decoded.identity;
      const former = this.labelsOfIdentity(id);
      if (former !== undefined && former !== labels.key) gone.add(id);
    }
    if (gone.size === 0) return;
    const { Address, Endpoint } = this.kinds;
    for (const [name, { value }] of Address) {
      const decoded = decodeAddress(value);
      if ("address" in decoded && gone.has(decoded.address.identity)) Address.delete(name);
    }
    for (const [name, { value }] of Endpoint) {
      const decoded = decodeEndpoint(value);
      if ("endpoint" in decoded && gone.has(decoded.endpoint.identity)) Endpoint.delete(name);
    }
  }

  private labelsOfIdentity(id: NumericIdentity): string | undefined {
    const decoded = decodeIdentity(this.kinds.Identity.get(identityName(id))?.value ?? new Uint8Array());
    return "identity" in decoded ? decoded.identity.labels.key : undefined;
  }

  private mean(endpoint: string, labels: string | undefined): void {
    if (labels === undefined) this.labelsOf.delete(endpoint);
    else this.labelsOf.set(endpoint, labels);
  }

  private refer(endpoint: string, rules: string | undefined): void {
    const former = this.rulesOf.get(endpoint);
    if (rules === former) return;
    if (rules === undefined) this.rulesOf.delete(endpoint);
    else {
      this.rulesOf.set(endpoint, rules);
      this.references.set(rules, (this.references.get(rules) ?? 0) + 1);
    }
    if (former === undefined) return;
    const left = (this.references.get(former) ?? 0) - 1;
    if (left > 0) this.references.set(former, left);
    else this.references.delete(former);
    this.drop(former);
  }

  /** Forgets rules that nobody can need any more. */
  private drop(rules: string): void {
    if (!this.delivered.has(rules) && !this.references.has(rules)) this.kinds.PolicyRules.delete(rules);
  }
}
