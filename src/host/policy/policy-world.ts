import type { IdentityLookup, PeerIdentity } from "../../datapath/embedded/identity-lookup.ts";
import { reasonOf } from "../../lib/error.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import type { ResourceConsumer, ResourceUpdate } from "../../xds/resource.ts";
import type { PolicyTarget } from "./policy-target.ts";
import { type WhoChange, World } from "./world.ts";

/**
 * The policies of a host, from what an agent delivers: identities, addresses, endpoints, rules and the policies that refer to them. Other kinds
 * are refused. What another agent delivers makes a world of its own, which takes the place of the present one as a whole.
 */
export class PolicyWorld implements ResourceConsumer, IdentityLookup {
  private readonly target: PolicyTarget;
  private readonly extensions: ExtensionSource;
  private present: World;
  /** What another agent delivers, until it is complete. */
  private next: World | undefined;

  /** @param extensions What this host can read. */
  constructor(target: PolicyTarget, extensions: ExtensionSource) {
    this.target = target;
    this.extensions = extensions;
    this.present = new World(extensions);
  }

  ofAddress(address: IpAddress): PeerIdentity {
    return this.present.peers.ofAddress(address);
  }

  ofEndpoint(name: string): PeerIdentity | undefined {
    return this.present.peers.ofEndpoint(name);
  }

  begin(_epoch: string): void {
    this.next = new World(this.extensions);
  }

  async update({ kind, put, removed }: ResourceUpdate): Promise<string | undefined> {
    const world = this.next ?? this.present;
    try {
      switch (kind) {
        case "Identity":
          return await this.settle(world.changeIdentities(put, removed));
        case "Address":
          return await this.settle(world.changeAddresses(put, removed));
        case "Endpoint":
          return await this.settle(world.changeEndpoints(put, removed));
        case "PolicyRules":
          return world.rules.change(put, removed);
        case "NetworkPolicy":
          return await this.changePolicies({ kind, put, removed });
        default:
          return `${kind} is nothing that policy is made of`;
      }
    } catch (error) {
      return reasonOf(error);
    }
  }

  async synced(): Promise<void> {
    const { next, present } = this;
    if (next === undefined) return;
    await next.policies.fallBackTo(present.policies);
    this.next = undefined;
    // From here to the end of the call, nothing else runs: nobody meets one world's numbers in the other.
    this.present = next;
    await this.target.replaceAll(next.policies.all());
  }

  /** Nobody but the present world is looked at. */
  private async settle(change: WhoChange): Promise<string | undefined> {
    if (change.reason !== undefined) return change.reason;
    if (change.moved && this.next === undefined) await this.target.identitiesChanged();
    return undefined;
  }

  private async changePolicies({ put, removed }: ResourceUpdate): Promise<string | undefined> {
    const { target } = this;
    const isInForce = this.next === undefined;
    const { policies } = this.next ?? this.present;
    const reasons: string[] = [];
    for (const resource of put) {
      const change = await policies.put(resource);
      if (change.reason !== undefined) reasons.push(change.reason);
      if (change.apply !== undefined && isInForce) await target.apply(change.apply);
      policies.release(change);
    }
    for (const name of removed) {
      const change = policies.remove(name);
      if (change.known && isInForce) await target.forget(name);
      policies.release(change);
    }
    return reasons.length === 0 ? undefined : reasons.join("; ");
  }
}
