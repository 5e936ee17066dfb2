import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../../../datapath/dataplane.ts";
import { PolicyResources } from "../../../datapath/embedded/hosted/policy-resources.ts";
import { EndpointManager } from "../../../endpoint/endpoint-manager.ts";
import { PeerDirectory } from "../../../endpoint/peer-directory.ts";
import { IdentityLabels } from "../../../identity/identity-labels.ts";
import { LocalIdentityAllocator } from "../../../identity/local-allocator.ts";
import { CidrIdentities } from "../../../ipcache/cidr-identities.ts";
import { putHostAddresses } from "../../../ipcache/host-addresses.ts";
import { IpCache } from "../../../ipcache/ipcache.ts";
import { decodePolicy } from "../../../policy/description/decode-policy.ts";
import { encodePolicy } from "../../../policy/description/encode-policy.ts";
import type { EndpointPolicy } from "../../../policy/endpoint-policy.ts";
import { PolicyImporter } from "../../../policy/importer.ts";
import { PolicyRepository } from "../../../policy/repository.ts";
import type { EnforcementMode, PolicyContext } from "../../../policy/resolve.ts";
import { SelectorCache } from "../../../policy/selector-cache.ts";
import { EXTENSIONS, labelSet } from "../../../policy/testing/documents.ts";
import { IdentityFeed, type IdentityStore } from "../../../resources/identity-feed.ts";
import { rulesName } from "../../../resources/policy-rules-resource.ts";
import { type Delivery, PendingChanges } from "../../../xds/pending-changes.ts";
import type { ResourceKind } from "../../../xds/resource.ts";
import { mapPerKind, ResourceStore } from "../../../xds/resource-store.ts";

/** Four endpoints, one that changes, and numbers that are taken. */
export const NUMBERS = 9;

/** An agent without its outside: from documents and endpoints to the resources that one host is sent. */
export class TestAgent implements DataPlane, IdentityStore {
  readonly name = "embedded";
  /** So few that numbers soon come again, with other labels. */
  readonly identities = new LocalIdentityAllocator({ workloadsMax: NUMBERS });
  readonly ipCache = new IpCache();
  readonly peers: PeerDirectory;
  readonly manager: EndpointManager;
  readonly importer: PolicyImporter;
  /** What a data plane in the agent's own process would enforce. */
  readonly policies = new Map<string, EndpointPolicy>();
  private readonly context: PolicyContext & { enforcement: EnforcementMode };
  private readonly resources = new PolicyResources(this);
  private readonly store = new ResourceStore();
  private readonly pending = new PendingChanges(this.store, mapPerKind<string>());

  constructor(enforcement: EnforcementMode = "default") {
    putHostAddresses(this.ipCache);
    const { identities, ipCache } = this;
    const selectors = new SelectorCache(identities);
    const repository = new PolicyRepository(selectors);
    this.context = { repository, selectors, extensions: EXTENSIONS, enforcement };
    this.peers = new PeerDirectory(ipCache, identities);
    const feed = new IdentityFeed(this, identities, ipCache);
    this.manager = new EndpointManager({
      identities,
      identityLabels: new IdentityLabels(),
      ipCache,
      clock: { now: () => 0 },
      policy: this.context,
      dataPlanes: [this],
      listener: {
        settled: (spec, identity) => {
          this.peers.settled(spec, identity);
          feed.settled(spec, identity);
        },
        gone: (name) => {
          this.peers.gone(name);
          feed.gone(name);
        },
      },
    });
    const networks = new CidrIdentities(identities, ipCache, () => this.manager.addressesMoved());
    this.importer = new PolicyImporter(repository, this.manager, networks);
  }

  /** Uses up all numbers and keeps some, so that those that come later are others than in another agent. */
  async takeNumbers(count: number): Promise<void> {
    for (let index = 0; index < NUMBERS; index++) await this.identities.allocate(labelSet(`taken=${index}`));
    for (const { id, labels } of this.identities.list()) {
      const index = Number(labels.get("taken")?.value ?? -1);
      if (index >= count) await this.identities.release(id);
    }
  }

  setMode(mode: EnforcementMode): Promise<void> {
    this.context.enforcement = mode;
    return this.manager.regenerateAll();
  }

  /** What is sent next. undefined: everything was. */
  next(): Delivery | undefined {
    return this.pending.take(Number.POSITIVE_INFINITY);
  }

  /** Rules are delivered as long as a policy refers to them, and no longer. */
  checkRules(): void {
    const policies = [...this.store.all("NetworkPolicy").values()].map(({ value }) => decodePolicy(value));
    const needed = policies.flatMap((one) => ("policy" in one ? (one.policy.rules ?? []) : []));
    assert.deepEqual([...this.store.all("PolicyRules").keys()].sort(), [...new Set(needed)].sort());
  }

  put(kind: ResourceKind, name: string, value: Uint8Array): string {
    const version = createHash("sha256").update(value).digest("hex");
    this.store.put(kind, name, version, value);
    this.pending.changed(kind, name);
    return version;
  }

  remove(kind: ResourceKind, name: string): void {
    if (this.store.remove(kind, name)) this.pending.changed(kind, name);
  }

  async apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    const description = policy.description?.();
    if (description === undefined) throw new Error(`the policy of ${policy.endpoint} cannot be told`);
    this.policies.set(policy.endpoint, policy);
    this.resources.put(policy.endpoint, encodePolicy(description, rulesName));
    return { accepted: true, revision: policy.revision };
  }

  async forget(endpoint: string): Promise<void> {
    this.policies.delete(endpoint);
    this.resources.remove(endpoint);
  }

  async identitiesChanged(): Promise<void> {}
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  status(): DataPlaneStatus {
    return { name: this.name, state: "running", connections: 0, listeners: [], warnings: [] };
  }
}
