import assert from "node:assert/strict";
import type { Port } from "../../api/identity.ts";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../../datapath/dataplane.ts";
import { IdentityLabels } from "../../identity/identity-labels.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import { CidrIdentities } from "../../ipcache/cidr-identities.ts";
import { IpCache } from "../../ipcache/ipcache.ts";
import type { Clock } from "../../lib/clock.ts";
import { type IpAddress, parseAddress } from "../../lib/ip/address.ts";
import type { EndpointPolicy } from "../../policy/endpoint-policy.ts";
import { PolicyImporter } from "../../policy/importer.ts";
import { PolicyRepository } from "../../policy/repository.ts";
import type { EnforcementMode, PolicyContext } from "../../policy/resolve.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument } from "../../policy/testing/documents.ts";
import { EndpointManager } from "../endpoint-manager.ts";
import type { EndpointSpec } from "../endpoint-spec.ts";
import type { EndpointStatus } from "../endpoint-status.ts";
import { type RegenerationTimer, UNTIMED } from "../regeneration-observer.ts";

export const PORT: Port = 80 as Port;
const API = { kind: "api", name: "api" } as const;
export const WEB: ItemSketch = { peers: [["app=web"]] };
/** Two extensions for the same peers. */
export const CLASH: readonly ItemSketch[] = ["alpha", "beta"].map((parser) => ({
  peers: "any",
  toPorts: [{ ports: ["80"], l7: { parser, rules: [] } }],
}));

/** Keeps what it is given, and answers as it is told to. */
export class ScriptedDataPlane implements DataPlane {
  readonly name: string;
  readonly applied: string[] = [];
  readonly policies = new Map<string, EndpointPolicy>();
  /** The last policies of endpoints that were taken away. */
  readonly forgotten = new Map<string, EndpointPolicy>();
  /** How often it heard of moved addresses. */
  moves = 0;
  onMove: () => Promise<void> = async () => {};
  answer: (policy: EndpointPolicy) => Promise<Acknowledgement> = async ({ revision }) => ({ accepted: true, revision });

  constructor(name: string) {
    this.name = name;
  }

  apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    this.applied.push(`${policy.endpoint}@${policy.revision}`);
    this.policies.set(policy.endpoint, policy);
    return this.answer(policy);
  }

  refuse(reason: string): void {
    this.answer = async ({ revision }) => ({ accepted: false, revision, reason });
  }

  accept(): void {
    this.answer = async ({ revision }) => ({ accepted: true, revision });
  }

  async forget(endpoint: string): Promise<void> {
    const policy = this.policies.get(endpoint);
    if (policy) this.forgotten.set(endpoint, policy);
    this.policies.delete(endpoint);
  }

  async identitiesChanged(): Promise<void> {
    this.moves++;
    await this.onMove();
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  status(): DataPlaneStatus {
    return { name: this.name, state: "running", connections: 0, listeners: [], warnings: [] };
  }
}

export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert.ok(parsed);
  return parsed;
}

export function spec(name: string, addresses: readonly string[], ...labels: readonly string[]): EndpointSpec {
  return { name, addresses: addresses.map(address), labels: labelSet(...labels), audit: false, observe: [] };
}

/** An agent without its outside: everything from documents to policies that arrive at two data planes. */
export class Bench {
  readonly allocator: LocalIdentityAllocator;
  readonly ipCache: IpCache;
  /** Each look at it is a millisecond later. */
  readonly clock: Clock = { now: () => ++this.timeMs };
  readonly planes: readonly [ScriptedDataPlane, ScriptedDataPlane] = [
    new ScriptedDataPlane("one"),
    new ScriptedDataPlane("two"),
  ];
  readonly repository: PolicyRepository;
  readonly context: PolicyContext & { enforcement: EnforcementMode };
  readonly manager: EndpointManager;
  readonly importer: PolicyImporter;
  readonly networks: CidrIdentities;
  private timeMs = 0;

  constructor(capacity?: number, ipCacheMax?: number, timer: RegenerationTimer = UNTIMED) {
    this.allocator = new LocalIdentityAllocator(capacity === undefined ? {} : { workloadsMax: capacity });
    this.ipCache = new IpCache(ipCacheMax);
    const selectors = new SelectorCache(this.allocator);
    this.repository = new PolicyRepository(selectors);
    this.context = { repository: this.repository, selectors, extensions: EXTENSIONS, enforcement: "default" };
    this.manager = new EndpointManager({
      identities: this.allocator,
      identityLabels: new IdentityLabels(),
      ipCache: this.ipCache,
      clock: this.clock,
      policy: this.context,
      dataPlanes: this.planes,
      timer,
    });
    this.networks = new CidrIdentities(this.allocator, this.ipCache, () => this.manager.addressesMoved());
    this.importer = new PolicyImporter(this.repository, this.manager, this.networks);
  }

  put(key: string, app: string, ...ingress: ItemSketch[]): Promise<unknown> {
    return this.importer.put([policyDocument(key, [{ selects: [`app=${app}`], ingress }], API)]);
  }

  status(name: string): EndpointStatus {
    const found = this.manager.list().find((one) => one.name === name);
    assert.ok(found);
    return found;
  }

  revision(name: string): unknown {
    return this.status(name).revision;
  }
}
