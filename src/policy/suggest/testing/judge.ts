// Puts a suggestion in force in the real engine, and asks it.
import type { ExtensionDeclaration } from "../../../api/extension.ts";
import type { NumericIdentity, Port } from "../../../api/identity.ts";
import type { Request } from "../../../api/request.ts";
import type { Identity } from "../../../identity/allocator.ts";
import { LocalIdentityAllocator } from "../../../identity/local-allocator.ts";
import { cidrLabels } from "../../../labels/cidr-label.ts";
import { parseAddress } from "../../../lib/ip/address.ts";
import type { IpPrefix } from "../../../lib/ip/prefix.ts";
import { declaration as cassandra } from "../../../parsers/cassandra/rule.ts";
import { declaration as memcache } from "../../../parsers/memcached/rule.ts";
import { declaration as r2d2 } from "../../../parsers/r2d2/rule.ts";
import { parsePolicyText } from "../../document/parse-policy-text.ts";
import { PolicyCache } from "../../policy-cache.ts";
import { PolicyRepository } from "../../repository.ts";
import { networksOf } from "../../rule.ts";
import { SelectorCache } from "../../selector-cache.ts";
import { labelSet } from "../../testing/documents.ts";

export const EXTENSIONS: ReadonlyMap<string, ExtensionDeclaration> = new Map(
  [memcache, r2d2, cassandra].map((d) => [d.name, d]),
);

/** Somebody: by labels, or by an address of the world. */
export interface Who {
  readonly labels: readonly string[];
  readonly address: string;
}

export interface Asked {
  readonly subject: Who;
  readonly direction: "ingress" | "egress";
  readonly peer: Who;
  readonly port: number;
  /** undefined: opens a connection, no more. */
  readonly request: Request | undefined;
}

export class Judge {
  private readonly allocator = new LocalIdentityAllocator();
  private readonly repository: PolicyRepository;
  private readonly cache: PolicyCache;
  private readonly networks: { readonly prefix: IpPrefix; readonly identity: Identity }[] = [];

  private constructor() {
    const selectors = new SelectorCache(this.allocator);
    this.repository = new PolicyRepository(selectors);
    const context = { repository: this.repository, selectors, extensions: EXTENSIONS, enforcement: "default" } as const;
    this.cache = new PolicyCache(context, () => undefined);
  }

  static async enforcing(text: string): Promise<Judge> {
    const judge = new Judge();
    const { documents, errors } = parsePolicyText(text, { kind: "api", name: "api" }, EXTENSIONS);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    for (const prefix of documents.flatMap((document) => [...networksOf(document)])) {
      judge.networks.push({ prefix, identity: await judge.allocator.allocate(cidrLabels(prefix)) });
    }
    judge.networks.sort((a, b) => b.prefix.length - a.prefix.length);
    judge.repository.apply({ replaced: [], put: documents, removed: [] });
    return judge;
  }

  /** Whether policy allows it: the connection, and the request on it. A whole port allows every request. */
  async allows({ subject, direction, peer, port, request }: Asked): Promise<boolean> {
    const identity = await this.allocator.allocate(labelSet(...subject.labels));
    const remote = await this.identityOf(peer);
    const policy = this.cache.get(identity)[direction];
    if (!policy.enforced) throw new Error(`${direction} of ${subject.labels} is not enforced`);
    const verdict = policy.lookup(remote, port as Port);
    if (verdict.kind !== "l7") return verdict.kind === "allowed";
    return request === undefined || verdict.matcher.match(request).allowed;
  }

  private async identityOf(who: Who): Promise<NumericIdentity> {
    const address = parseAddress(who.address);
    if (address === undefined) throw new Error(`${who.address} is no address`);
    const network = who.labels.includes("reserved:world")
      ? this.networks.find(({ prefix }) => prefix.contains(address))
      : undefined;
    return network?.identity.id ?? (await this.allocator.allocate(labelSet(...who.labels))).id;
  }
}
