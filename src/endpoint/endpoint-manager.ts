import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { DataPlane } from "../datapath/dataplane.ts";
import type { Identity, IdentityAllocator } from "../identity/allocator.ts";
import { RESERVED_IDENTITIES, ReservedIdentity } from "../identity/reserved.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { WeirError } from "../lib/error.ts";
import { IpPrefix } from "../lib/ip/prefix.ts";
import type { EndpointRegenerator } from "../policy/importer.ts";
import { PolicyCache } from "../policy/policy-cache.ts";
import type { AffectedIdentities } from "../policy/repository.ts";
import type { PolicyContext } from "../policy/resolve.ts";
import { Endpoint } from "./endpoint.ts";
import { type EndpointSpec, specProblems } from "./endpoint-spec.ts";
import type { EndpointStatus } from "./endpoint-status.ts";

/** As many as the kernel's endpoint map can hold. */
const ENDPOINTS_MAX = 65_535;

export interface EndpointManagerOptions {
  readonly identities: IdentityAllocator;
  readonly ipCache: IpCache;
  readonly policy: PolicyContext;
  /** Every endpoint's policy goes to all of them. */
  readonly dataPlanes: readonly DataPlane[];
}

/** The endpoints of this agent: gives each its identity and its policy, and keeps both with the data planes. */
export class EndpointManager implements EndpointRegenerator {
  private readonly options: EndpointManagerOptions;
  private readonly policies: PolicyCache;
  private readonly endpoints = new Map<string, Endpoint>();
  /** Endpoints that have their identity. */
  private readonly byIdentity = new Map<NumericIdentity, Set<Endpoint>>();

  constructor(options: EndpointManagerOptions) {
    this.options = options;
    // Later, so that identities that come together are handed on together.
    this.policies = new PolicyCache(options.policy, () => queueMicrotask(() => void this.refresh()));
  }

  /**
   * Adds endpoints, all or none. Settles when every data plane has answered to their policies.
   * Rejects with WEIR_CONFIG_INVALID, WEIR_IDENTITY_EXHAUSTED or WEIR_LIMIT_EXCEEDED.
   *
   * @returns The identities of the endpoints, in their order.
   */
  async add(specs: readonly EndpointSpec[]): Promise<readonly Identity[]> {
    const endpoints = this.register(specs);
    const allocations = await Promise.allSettled(endpoints.map(({ spec }) => this.allocate(spec.labels)));
    const identities = allocations.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    try {
      for (const one of allocations) if (one.status === "rejected") throw one.reason;
      // Policies learn of an identity before any address has it, so that no packet meets one that they do not know.
      void this.refresh();
      for (const [index, endpoint] of endpoints.entries()) this.settle(endpoint, identities[index] as Identity);
    } catch (error) {
      for (const endpoint of endpoints) this.unregister(endpoint);
      await Promise.all(identities.map(({ id }) => this.options.identities.release(id)));
      throw error;
    }
    await Promise.all(endpoints.map((endpoint) => this.publish(endpoint, endpoint.identity as Identity)));
    return identities;
  }

  /** Takes an endpoint away. Settles when every data plane denies its traffic. Rejects with RangeError if there is none. */
  async remove(name: string): Promise<void> {
    const endpoint = this.endpoints.get(name);
    const identity = endpoint?.identity;
    if (!endpoint || !identity || !this.byIdentity.get(identity.id)?.has(endpoint))
      throw new RangeError(`there is no endpoint ${JSON.stringify(name)}`);
    this.detach(endpoint, identity);
    await endpoint.disconnect();
    endpoint.disconnected();
    this.endpoints.delete(name);
    await this.options.identities.release(identity.id);
  }

  async regenerate(revision: PolicyRevision, affected: AffectedIdentities): Promise<void> {
    const answers: Promise<void>[] = [];
    for (const [id, endpoints] of this.byIdentity) {
      const [first] = endpoints;
      const identity = first?.identity;
      if (!identity) continue;
      if (!affected.has(id)) {
        for (const endpoint of endpoints) endpoint.keep(revision);
        continue;
      }
      this.policies.resolve(identity);
      for (const endpoint of endpoints) answers.push(this.publish(endpoint, identity));
    }
    answers.push(this.refresh());
    await Promise.all(answers);
  }

  /** By name. */
  list(): readonly EndpointStatus[] {
    return [...this.endpoints.values()].map((endpoint) => endpoint.status).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Hands on the policies that speak of identities which have come or gone. */
  private async refresh(): Promise<void> {
    const answers = this.policies
      .refresh()
      .flatMap((id) => [...(this.byIdentity.get(id) ?? [])])
      .map((endpoint) => this.publish(endpoint, endpoint.identity as Identity));
    await Promise.all(answers);
  }

  private publish(endpoint: Endpoint, identity: Identity): Promise<void> {
    return endpoint.publish(this.policies.get(identity), this.options.policy.repository.revision);
  }

  private allocate(labels: LabelSet): Promise<Identity> {
    const init = RESERVED_IDENTITIES.find(({ id }) => id === ReservedIdentity.Init) as Identity;
    return this.options.identities.allocate(labels.labels.length > 0 ? labels : init.labels);
  }

  private register(specs: readonly EndpointSpec[]): readonly Endpoint[] {
    const present = [...this.endpoints.values()].map((endpoint) => endpoint.spec);
    const problems = specProblems(specs, present);
    if (problems.length > 0) throw new WeirError("WEIR_CONFIG_INVALID", problems.join("\n"));
    const count = present.length + specs.length;
    if (count > ENDPOINTS_MAX) {
      throw new WeirError("WEIR_LIMIT_EXCEEDED", `${count} endpoints are too many: at most ${ENDPOINTS_MAX}`);
    }
    return specs.map((spec) => {
      const endpoint = new Endpoint(spec, this.options.dataPlanes);
      this.endpoints.set(spec.name, endpoint);
      return endpoint;
    });
  }

  /** Takes back what `register` and `settle` did. */
  private unregister(endpoint: Endpoint): void {
    this.endpoints.delete(endpoint.spec.name);
    if (endpoint.identity) this.detach(endpoint, endpoint.identity);
  }

  /** Makes the endpoint's addresses stand for its identity. */
  private settle(endpoint: Endpoint, identity: Identity): void {
    endpoint.identity = identity;
    const group = this.byIdentity.get(identity.id);
    if (group) group.add(endpoint);
    else this.byIdentity.set(identity.id, new Set([endpoint]));
    for (const address of endpoint.spec.addresses) {
      this.options.ipCache.upsert(IpPrefix.host(address), identity.id, "agent-local");
    }
  }

  private detach(endpoint: Endpoint, identity: Identity): void {
    for (const address of endpoint.spec.addresses) {
      this.options.ipCache.remove(IpPrefix.host(address), "agent-local");
    }
    const group = this.byIdentity.get(identity.id);
    group?.delete(endpoint);
    if (group?.size !== 0) return;
    this.byIdentity.delete(identity.id);
    this.policies.forget(identity.id);
  }
}
