import type { NumericIdentity } from "../api/identity.ts";
import type { IdentityAllocator } from "../identity/allocator.ts";
import { cidrLabels } from "../labels/cidr-label.ts";
import type { IpPrefix } from "../lib/ip/prefix.ts";
import type { IpCache } from "./ipcache.ts";

interface Network {
  readonly prefix: IpPrefix;
  readonly identity: NumericIdentity;
  references: number;
}

/**
 * The networks that policies name: each has an identity, and its addresses stand for it, for as long as somebody names
 * it. One change after the other, so that a network which comes and goes at the same time has one history.
 */
export class CidrIdentities {
  private readonly identities: IdentityAllocator;
  private readonly ipCache: IpCache;
  private readonly moved: () => Promise<void>;
  private readonly networks = new Map<string, Network>();
  private last: Promise<unknown> = Promise.resolve();

  /** @param moved Settles when nobody stands for the identity any more that an address had before; never rejects. */
  constructor(identities: IdentityAllocator, ipCache: IpCache, moved: () => Promise<void> = async () => {}) {
    this.identities = identities;
    this.ipCache = ipCache;
    this.moved = moved;
  }

  /**
   * Every mention counts one reference, and the first one makes the network known. All or nothing: rejects with
   * WEIR_IDENTITY_EXHAUSTED or WEIR_LIMIT_EXCEEDED and leaves nothing behind.
   */
  acquire(prefixes: Iterable<IpPrefix>): Promise<void> {
    const mentions = countMentions(prefixes);
    return this.alone(() => this.acquireAlone(mentions));
  }

  /** Gives mentions back; what is mentioned no more is forgotten. Rejects with RangeError for what was not acquired. */
  async release(prefixes: Iterable<IpPrefix>): Promise<void> {
    const mentions = countMentions(prefixes);
    const gone = await this.alone(async () => this.forget(mentions));
    if (gone.length === 0) return;
    // Not alone: whoever is slow to look again must not hold up the next change. A network that comes back meanwhile
    // finds its identity still there.
    await this.moved();
    for (const { identity } of gone) await this.identities.release(identity);
  }

  private async acquireAlone(mentions: Mentions): Promise<void> {
    const added = new Map<string, Network>();
    try {
      for (const [text, { prefix, count }] of mentions) {
        if (this.networks.has(text)) continue;
        const { id } = await this.identities.allocate(cidrLabels(prefix));
        added.set(text, { prefix, identity: id, references: count });
      }
      // Policies have learned of all these identities by now, before any address has one.
      for (const { prefix, identity } of added.values()) this.ipCache.upsert(prefix, identity, "generated");
    } catch (error) {
      for (const { prefix } of added.values()) this.ipCache.remove(prefix, "generated");
      for (const { identity } of added.values()) await this.identities.release(identity);
      throw error;
    }
    for (const [text, { count }] of mentions) {
      const known = this.networks.get(text);
      if (known) known.references += count;
    }
    for (const [text, network] of added) this.networks.set(text, network);
  }

  /** Takes mentions back, and addresses from what nobody mentions any more. */
  private forget(mentions: Mentions): readonly Network[] {
    for (const [text, { count }] of mentions) {
      const held = this.networks.get(text)?.references ?? 0;
      if (held < count)
        throw new RangeError(`network ${text} was acquired ${held} times, and is released ${count} times`);
    }
    const gone: Network[] = [];
    for (const [text, { count }] of mentions) {
      const network = this.networks.get(text) as Network;
      network.references -= count;
      if (network.references > 0) continue;
      this.networks.delete(text);
      this.ipCache.remove(network.prefix, "generated");
      gone.push(network);
    }
    return gone;
  }

  private alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.last.then(change);
    this.last = result.catch(() => undefined);
    return result;
  }
}

type Mentions = ReadonlyMap<string, { readonly prefix: IpPrefix; readonly count: number }>;

function countMentions(prefixes: Iterable<IpPrefix>): Mentions {
  const mentions = new Map<string, { readonly prefix: IpPrefix; count: number }>();
  for (const prefix of prefixes) {
    const text = prefix.toString();
    const mention = mentions.get(text);
    if (mention) mention.count++;
    else mentions.set(text, { prefix, count: 1 });
  }
  return mentions;
}
