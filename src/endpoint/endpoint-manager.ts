import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { DataPlane } from "../datapath/dataplane.ts";
import type { Identity, IdentityAllocator } from "../identity/allocator.ts";
import type { EndpointLabels, IdentityLabels } from "../identity/identity-labels.ts";
import type { IpCache } from "../ipcache/ipcache.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { Clock } from "../lib/clock.ts";
import { reasonOf, WeirError } from "../lib/error.ts";
import type { IpAddress } from "../lib/ip/address.ts";
import { IpPrefix } from "../lib/ip/prefix.ts";
import type { EndpointRegenerator } from "../policy/importer.ts";
import { PolicyCache } from "../policy/policy-cache.ts";
import type { AffectedIdentities } from "../policy/repository.ts";
import type { PolicyContext } from "../policy/resolve.ts";
import { Endpoint } from "./endpoint.ts";
import type { EndpointLogLine } from "./endpoint-log.ts";
import type { EndpointSpec, EndpointUpdate } from "./endpoint-spec.ts";
import type { EndpointStatus } from "./endpoint-status.ts";
import { EndpointTable } from "./endpoint-table.ts";
import { PlaneLink } from "./plane-link.ts";
import { refusedDocuments } from "./refusal.ts";
import { type RegenerationTimer, UNTIMED } from "./regeneration-observer.ts";
import { specChanges } from "./spec-changes.ts";

/** Hears which endpoint is which identity, within the change. Must not throw. */
export interface EndpointListener {
  /** The endpoint has this identity and these addresses from now on. */
  settled(spec: EndpointSpec, identity: Identity): void;
  gone(name: string): void;
  /** Every data plane has answered to the endpoint's newest policy, well or not. */
  regenerated?(status: EndpointStatus): void;
}

export interface EndpointManagerOptions {
  readonly identities: IdentityAllocator;
  readonly identityLabels: IdentityLabels;
  readonly ipCache: IpCache;
  readonly policy: PolicyContext;
  /** Every endpoint's policy goes to all of them. */
  readonly dataPlanes: readonly DataPlane[];
  readonly clock: Clock;
  readonly listener?: EndpointListener;
  /** Wants to know what regenerations take. */
  readonly timer?: RegenerationTimer;
}

/** What a change still waits for. */
interface Switched {
  readonly answered: Promise<unknown>;
}

/** The endpoints of this agent: gives each its identity and its policy, and keeps both with the data planes. */
export class EndpointManager implements EndpointRegenerator {
  private readonly options: EndpointManagerOptions;
  private readonly policies: PolicyCache;
  private readonly table = new EndpointTable();
  private readonly timer: RegenerationTimer;
  private readonly around: { readonly links: readonly PlaneLink[]; readonly clock: Clock; wanted: PolicyRevision };

  constructor(options: EndpointManagerOptions) {
    const { policy, dataPlanes, clock, ipCache } = options;
    this.options = options;
    this.timer = options.timer ?? UNTIMED;
    const links = dataPlanes.map((dataPlane) => new PlaneLink(dataPlane));
    this.around = { links, clock, wanted: policy.repository.revision };
    // Later, so that identities that come together are handed on together.
    this.policies = new PolicyCache(policy, () => queueMicrotask(() => void this.refresh()));
    ipCache.subscribe(() => void this.addressesMoved());
  }

  /**
   * Adds endpoints, all or none. Settles when every data plane has answered to their policies. Rejects with
   * WEIR_CONFIG_INVALID (labels), WEIR_ENDPOINT_CONFLICT, WEIR_IDENTITY_EXHAUSTED or WEIR_LIMIT_EXCEEDED.
   *
   * @returns The identities of the endpoints, in their order.
   */
  async add(specs: readonly EndpointSpec[]): Promise<readonly Identity[]> {
    const labels = specs.map((spec) => this.split(spec.name, spec.labels));
    this.table.claim(specs);
    const endpoints = specs.map((spec, index) => new Endpoint(spec, labels[index] as EndpointLabels, this.around));
    for (const endpoint of endpoints) this.table.add(endpoint);
    const allocations = await Promise.allSettled(labels.map(({ identity }) => this.allocate(identity)));
    const identities = allocations.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    try {
      for (const one of allocations) if (one.status === "rejected") throw one.reason;
      // Policies learn of an identity before any address has it, so that no packet meets one that they do not know.
      void this.refresh();
      for (const [index, endpoint] of endpoints.entries()) this.settle(endpoint, identities[index] as Identity);
    } catch (error) {
      for (const endpoint of endpoints) {
        if (endpoint.identity) this.detach(endpoint, endpoint.identity);
        this.table.delete(endpoint);
      }
      await Promise.all(identities.map(({ id }) => this.options.identities.release(id)));
      throw error;
    }
    const published = endpoints.map((endpoint) => this.publish(endpoint));
    await Promise.all([...published, this.addressesMoved()]);
    return identities;
  }

  /**
   * Changes an endpoint, wholly or not at all. Settles when every data plane has answered. Rejects with
   * WEIR_ENDPOINT_NOT_FOUND, and as `add` does.
   *
   * Other labels may mean another identity. That is allocated first; then policies, addresses and data planes take it,
   * and only when no connection is judged by the old one any more, that is released. No grace period is needed
   * in between, as it is where other nodes must learn of an identity first: this allocator's are known to this agent alone.
   */
  async update(name: string, change: EndpointUpdate): Promise<void> {
    const endpoint = this.table.get(name);
    if (!endpoint?.identity || endpoint.leaving) throw notFound(name);
    const { answered } = await endpoint.alone(() => this.change(endpoint, change));
    await answered;
  }

  /** Takes an endpoint away. Settles when every data plane denies its traffic. Rejects with WEIR_ENDPOINT_NOT_FOUND. */
  async remove(name: string): Promise<void> {
    const endpoint = this.table.get(name);
    const identity = endpoint?.identity;
    if (!endpoint || !identity || endpoint.leaving) throw notFound(name);
    const disconnected = endpoint.disconnect();
    this.detach(endpoint, identity);
    await Promise.all([disconnected, this.addressesMoved()]);
    this.table.delete(endpoint);
    await this.options.identities.release(identity.id);
  }

  regenerate(revision: PolicyRevision, affected: AffectedIdentities): Promise<void> {
    return this.timer.settle("total", () => {
      const answers = this.affectedIdentities(affected).flatMap((id) => this.regenerateIdentity(id));
      // What is not affected has the revision all the same.
      this.around.wanted = revision;
      return Promise.all([...answers, this.refresh()]);
    });
  }

  /** Computes every policy anew: what they are computed from, apart from the rules, has changed. */
  regenerateAll(): Promise<void> {
    return this.timer.settle("total", () => {
      const answers = [...this.table.identities()].flatMap((id) => this.regenerateIdentity(id));
      this.options.policy.repository.prune();
      return Promise.all([...answers, this.refresh()]);
    });
  }

  /**
   * To be called before the first traffic: what was in force while policy was still being read does not stay in force
   * where the newest cannot be. Settles when every data plane has answered.
   */
  forgetLastGood(): Promise<void> {
    return this.publishAll(this.policies.forgetLastGood());
  }

  /** Settles when no data plane judges by the identities any more that addresses had before. */
  async addressesMoved(): Promise<void> {
    await Promise.all(this.around.links.map((link) => link.identitiesChanged()));
  }

  /** By name. */
  list(): readonly EndpointStatus[] {
    return [...this.table.all()].map((endpoint) => endpoint.status).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Why policies are not in force at some of the endpoints that they select, by name of the policy. */
  policyProblems(): ReadonlyMap<string, readonly string[]> {
    const problems = new Map(this.policies.problems());
    for (const endpoint of this.table.all()) {
      for (const refusal of endpoint.refusals) {
        const { dataPlane, reason } = refusal;
        const problem = `endpoint ${JSON.stringify(endpoint.spec.name)}, data plane ${dataPlane}: ${reason}`;
        for (const policy of refusedDocuments(refusal))
          problems.set(policy, [...(problems.get(policy) ?? []), problem]);
      }
    }
    return problems;
  }

  get(name: string): EndpointStatus | undefined {
    return this.table.get(name)?.status;
  }

  /** As it was asked for, with all changes since. */
  spec(name: string): EndpointSpec | undefined {
    return this.table.get(name)?.spec;
  }

  /** The last events of its life, the oldest first. */
  log(name: string): readonly EndpointLogLine[] | undefined {
    return this.table.get(name)?.log.entries();
  }

  private async change(endpoint: Endpoint, change: EndpointUpdate): Promise<Switched> {
    const { name, addresses: present } = endpoint.spec;
    const next: EndpointSpec = { ...endpoint.spec, ...change };
    if (endpoint.leaving) throw notFound(name);
    const labels = this.split(name, next.labels);
    const added = without(next.addresses, present);
    this.table.claimAddresses(name, added);
    let identity: Identity | undefined;
    try {
      if (change.labels !== undefined) endpoint.awaitIdentity();
      identity = await this.allocate(labels.identity);
      if (endpoint.leaving) throw notFound(name);
      void this.refresh();
      this.pointAddresses(added, identity);
    } catch (error) {
      this.table.unclaimAddresses(added);
      if (identity) await this.options.identities.release(identity.id);
      endpoint.stay(reasonOf(error));
      throw error;
    }
    return { answered: this.switchTo(endpoint, next, labels, identity) };
  }

  /** The endpoint is another one from now on; what it was is given back when nobody looks at it any more. */
  private async switchTo(
    endpoint: Endpoint,
    next: EndpointSpec,
    labels: EndpointLabels,
    identity: Identity,
  ): Promise<void> {
    const old = endpoint.identity as Identity;
    const gone = without(endpoint.spec.addresses, next.addresses);
    const moved = old.id !== identity.id || gone.length > 0 || next.addresses.length > endpoint.spec.addresses.length;
    const changes = specChanges(endpoint.spec, next);
    endpoint.spec = next;
    endpoint.labels = labels;
    if (changes !== undefined) endpoint.note(changes);
    if (old.id !== identity.id) this.leave(endpoint, old);
    this.settle(endpoint, identity);
    for (const address of gone) this.options.ipCache.remove(IpPrefix.host(address), "agent-local");
    this.table.unclaimAddresses(gone);
    await Promise.all([this.publish(endpoint), moved ? this.addressesMoved() : undefined]);
    await this.options.identities.release(old.id);
  }

  private affectedIdentities(affected: AffectedIdentities): readonly NumericIdentity[] {
    const named = affected.ids();
    return named === undefined ? [...this.table.identities()].filter((id) => affected.has(id)) : [...new Set(named)];
  }

  private regenerateIdentity(id: NumericIdentity): readonly Promise<void>[] {
    const endpoints = [...this.table.of(id)];
    const identity = endpoints[0]?.identity;
    if (!identity) return [];
    this.timer.run("resolve", () => this.policies.resolve(identity));
    return endpoints.map((endpoint) => this.publish(endpoint));
  }

  /** Hands on the policies for which it made a difference that identities have come or gone. */
  private refresh(): Promise<void> {
    return this.publishAll(this.policies.refresh());
  }

  private async publishAll(ids: readonly NumericIdentity[]): Promise<void> {
    const endpoints = ids.flatMap((id) => [...this.table.of(id)]);
    await Promise.all(endpoints.map((endpoint) => this.publish(endpoint)));
  }

  private async publish(endpoint: Endpoint): Promise<void> {
    const policy = this.policies.get(endpoint.identity as Identity);
    await this.timer.settle("apply", () => endpoint.publish(policy));
    this.timer.regenerated(endpoint.upToDate);
    this.options.listener?.regenerated?.(endpoint.status);
  }

  private allocate(labels: LabelSet): Promise<Identity> {
    return this.options.identities.allocate(labels);
  }

  private split(name: string, labels: LabelSet): EndpointLabels {
    const { identityLabels } = this.options;
    const problems = labels.labels.flatMap((label) => identityLabels.problem(label) ?? []);
    if (problems.length > 0) {
      const where = `endpoint ${JSON.stringify(name)}`;
      throw new WeirError("WEIR_CONFIG_INVALID", problems.map((problem) => `${where}: ${problem}`).join("\n"));
    }
    return identityLabels.split(labels);
  }

  /** Makes the endpoint's addresses stand for its identity. Throws WEIR_LIMIT_EXCEEDED where an address is a new one. */
  private settle(endpoint: Endpoint, identity: Identity): void {
    endpoint.settle(identity);
    this.table.join(identity.id, endpoint);
    this.pointAddresses(endpoint.spec.addresses, identity);
    this.options.listener?.settled(endpoint.spec, identity);
  }

  /** All or none. */
  private pointAddresses(addresses: readonly IpAddress[], { id }: Identity): void {
    const { ipCache } = this.options;
    const done: IpPrefix[] = [];
    try {
      for (const prefix of addresses.map(IpPrefix.host)) {
        ipCache.upsert(prefix, id, "agent-local");
        done.push(prefix);
      }
    } catch (error) {
      for (const prefix of done) ipCache.remove(prefix, "agent-local");
      throw error;
    }
  }

  private detach(endpoint: Endpoint, identity: Identity): void {
    for (const address of endpoint.spec.addresses) {
      this.options.ipCache.remove(IpPrefix.host(address), "agent-local");
    }
    this.options.listener?.gone(endpoint.spec.name);
    this.leave(endpoint, identity);
  }

  private leave(endpoint: Endpoint, identity: Identity): void {
    if (this.table.leave(identity.id, endpoint)) this.policies.forget(identity.id);
  }
}

/** Those of a list that the other one lacks. */
function without(addresses: readonly IpAddress[], others: readonly IpAddress[]): readonly IpAddress[] {
  const texts = new Set(others.map(String));
  return addresses.filter((address) => !texts.has(address.toString()));
}

function notFound(name: string): WeirError {
  const hint = "`weir endpoint list` lists those that are there";
  return new WeirError("WEIR_ENDPOINT_NOT_FOUND", `there is no endpoint ${JSON.stringify(name)}; ${hint}`);
}
