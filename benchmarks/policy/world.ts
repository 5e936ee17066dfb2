import type { Port } from "../../src/api/identity.ts";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../../src/datapath/dataplane.ts";
import { EndpointManager } from "../../src/endpoint/endpoint-manager.ts";
import type { EndpointSpec } from "../../src/endpoint/endpoint-spec.ts";
import type { Identity } from "../../src/identity/allocator.ts";
import { IdentityLabels } from "../../src/identity/identity-labels.ts";
import { LocalIdentityAllocator } from "../../src/identity/local-allocator.ts";
import { CidrIdentities } from "../../src/ipcache/cidr-identities.ts";
import { IpCache } from "../../src/ipcache/ipcache.ts";
import { parseLabels } from "../../src/labels/label-set.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import { declaration as memcache } from "../../src/parsers/memcached/rule.ts";
import { parsePolicyText } from "../../src/policy/document/parse-policy-text.ts";
import type { EndpointPolicy } from "../../src/policy/endpoint-policy.ts";
import { PolicyImporter } from "../../src/policy/importer.ts";
import { PolicyRepository } from "../../src/policy/repository.ts";
import type { PolicyDocument } from "../../src/policy/rule.ts";
import { SelectorCache } from "../../src/policy/selector-cache.ts";

/** How large a world is. */
export interface WorldSize {
  readonly identities: number;
  readonly rules: number;
  /** Rules of the endpoint that changes, beside the others. */
  readonly ownRules: number;
}

/** Endpoints of this agent, as many as one node has; all other identities are workloads elsewhere. */
export const ENDPOINTS = 100;
const RULES_PER_DOCUMENT = 10;
const EXTENSIONS = new Map([[memcache.name, memcache]]);
export const PORT = 11_211 as Port;

/** Takes every policy and looks once into it, as a data plane does for its live connections. */
class Taker implements DataPlane {
  readonly name = "taker";
  readonly policies = new Map<string, EndpointPolicy>();

  async apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    this.policies.set(policy.endpoint, policy);
    return { accepted: true, revision: policy.revision };
  }

  async forget(endpoint: string): Promise<void> {
    this.policies.delete(endpoint);
  }

  async identitiesChanged(): Promise<void> {}
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  status(): DataPlaneStatus {
    return { name: this.name, state: "running", connections: 0, listeners: [], warnings: [] };
  }
}

/**
 * An agent's control plane without its outside. Workload `n` has labels of its own and a few that it shares. Rules let
 * workloads speak memcached to the endpoints; one in two is for endpoints of other nodes. The endpoint `probe` has rules
 * of its own, whatever the size of the world: what concerns it is what a change may cost.
 */
export class World {
  readonly allocator = new LocalIdentityAllocator();
  readonly taker = new Taker();
  readonly manager: EndpointManager;
  readonly importer: PolicyImporter;

  private constructor() {
    const ipCache = new IpCache();
    const selectors = new SelectorCache(this.allocator);
    const repository = new PolicyRepository(selectors);
    this.manager = new EndpointManager({
      identities: this.allocator,
      identityLabels: new IdentityLabels(),
      ipCache,
      policy: { repository, selectors, extensions: EXTENSIONS, enforcement: "default" },
      dataPlanes: [this.taker],
      clock: systemClock,
    });
    const networks = new CidrIdentities(this.allocator, ipCache);
    this.importer = new PolicyImporter(repository, this.manager, networks);
  }

  static async create({ identities, rules, ownRules }: WorldSize): Promise<World> {
    const world = new World();
    const workloads = identities - ENDPOINTS - 1;
    for (let index = 0; index < workloads; index++) await world.arrive(`w${index}`);
    const names = Array.from({ length: ENDPOINTS }, (_, index) => `e${index}`);
    await world.manager.add([...names, "probe"].map(endpoint));
    const documents: PolicyDocument[] = [];
    for (let first = 0; first < rules; first += RULES_PER_DOCUMENT) {
      const numbers = Array.from({ length: Math.min(RULES_PER_DOCUMENT, rules - first) }, (_, index) => first + index);
      const texts = numbers.map((n) => ruleText(`e${n % (2 * ENDPOINTS)}`, `w${(n * 7919) % workloads}`, `k${n}/`));
      documents.push(document(`p${first}`, texts));
    }
    for (let first = 0; first < ownRules; first += RULES_PER_DOCUMENT) {
      const numbers = Array.from({ length: RULES_PER_DOCUMENT }, (_, index) => first + index);
      const texts = numbers.map((n) => ruleText("probe", `w${n % workloads}`, `probe${n}/`));
      documents.push(document(`probe${first}`, texts));
    }
    await world.importer.put(documents);
    return world;
  }

  /** A workload of another node. */
  arrive(name: string): Promise<Identity> {
    return this.allocator.allocate(labelsOf(name));
  }

  async leave(identity: Identity): Promise<void> {
    await this.allocator.release(identity.id);
  }
}

/** One more document with one rule for the probe. */
export function oneRule(name: string, peer: string): PolicyDocument {
  return document(name, [ruleText("probe", peer, `${name}/`)]);
}

function endpoint(name: string, index: number): EndpointSpec {
  const address = parseAddress(`127.0.${index >> 8}.${1 + (index & 0xff)}`);
  if (address === undefined) throw new Error(`no address for ${name}`);
  return { name, addresses: [address], labels: labelsOf(name), audit: false, observe: [] };
}

export function labelsOf(name: string): EndpointSpec["labels"] {
  const shared = [`team=t${name.length % 3}`, "k8s:io.kubernetes.pod.namespace=shop", "tier=backend"];
  const parsed = parseLabels([`k8s:app=${name}`, ...shared]);
  if ("errors" in parsed) throw new Error(parsed.errors.map(({ message }) => message).join());
  return parsed.labels;
}

function ruleText(subject: string, peer: string, prefix: string): string {
  const l7 = JSON.stringify([{ command: "get", keyPrefix: prefix }]);
  const ports = `[{ports: [{port: "${PORT}", protocol: TCP}], rules: {l7proto: memcache, l7: ${l7}}}]`;
  const item = `{fromEndpoints: [{matchLabels: {"k8s:app": ${peer}}}], toPorts: ${ports}}`;
  return `{endpointSelector: {matchLabels: {"k8s:app": ${subject}}}, ingress: [${item}]}`;
}

function document(name: string, rules: readonly string[]): PolicyDocument {
  const head = `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${name}}\nspecs:\n`;
  const parsed = parsePolicyText(
    head + rules.map((rule) => `- ${rule}\n`).join(""),
    { kind: "api", name: "api" },
    EXTENSIONS,
  );
  const [found] = parsed.documents;
  if (found === undefined) throw new Error(JSON.stringify(parsed.errors));
  return found;
}
