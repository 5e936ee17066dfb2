import type { NumericIdentity } from "../api/identity.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { WeirError } from "../lib/error.ts";
import type { IpAddress } from "../lib/ip/address.ts";
import type { IpPrefix } from "../lib/ip/prefix.ts";
import { PrefixTrie } from "../lib/ip/prefix-trie.ts";

/** Who says what an address stands for, the most trusted first: an endpoint of this agent is known best by this agent. */
export const IPCACHE_SOURCES = ["agent-local", "kvstore", "k8s", "generated"] as const;
export type IpCacheSource = (typeof IPCACHE_SOURCES)[number];

/** As many as the kernel's map of the same name can hold. */
const ENTRIES_MAX = 512_000;

export interface IpCacheEntry {
  readonly prefix: IpPrefix;
  readonly identity: NumericIdentity;
  readonly source: IpCacheSource;
}

/** Hears what the addresses of a prefix stand for from now on. undefined: nobody says anything of them. Must not throw. */
export type IpCacheListener = (prefix: IpPrefix, identity: NumericIdentity | undefined) => void;

/**
 * Which identity stands behind an address: the entry of the longest prefix decides, and, where several sources know one
 * prefix, the most trusted source. What the others said is kept, and counts again when that source takes its entry back.
 */
export class IpCache {
  private readonly trie = new PrefixTrie<Map<IpCacheSource, NumericIdentity>>();
  private readonly entriesMax: number;
  private readonly listeners = new Set<IpCacheListener>();
  private count = 0;

  constructor(entriesMax: number = ENTRIES_MAX) {
    this.entriesMax = entriesMax;
  }

  /** Replaces what this source said of this prefix. Throws WEIR_LIMIT_EXCEEDED when the cache is full. */
  upsert(prefix: IpPrefix, identity: NumericIdentity, source: IpCacheSource): void {
    const bySource = this.trie.exact(prefix) ?? new Map<IpCacheSource, NumericIdentity>();
    const before = identityOf(bySource);
    if (!bySource.has(source)) {
      if (this.count >= this.entriesMax) {
        throw new WeirError(
          "WEIR_LIMIT_EXCEEDED",
          `no room for ${prefix} (identity ${identity}, from ${source}): the ipcache holds at most ${this.entriesMax} entries`,
        );
      }
      this.count++;
    }
    bySource.set(source, identity);
    this.trie.insert(prefix, bySource);
    const after = identityOf(bySource);
    if (after !== before) this.tell(prefix, after);
  }

  /** Takes back what this source said of this prefix. Returns whether it had said anything. */
  remove(prefix: IpPrefix, source: IpCacheSource): boolean {
    const bySource = this.trie.exact(prefix);
    if (!bySource?.has(source)) return false;
    const before = identityOf(bySource);
    bySource.delete(source);
    this.count--;
    if (bySource.size === 0) this.trie.remove(prefix);
    const after = identityOf(bySource);
    if (after !== before) this.tell(prefix, after);
    return true;
  }

  /** Calls, within the change, whenever addresses stand for other identities. Returns how to stop. */
  subscribe(listener: IpCacheListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The identity behind an address; `world` if nothing is known of it. */
  lookup(address: IpAddress): NumericIdentity {
    const bySource = this.trie.longestMatch(address);
    return (bySource && identityOf(bySource)) ?? ReservedIdentity.World;
  }

  /** What the sources say, each prefix of each source counted. */
  get size(): number {
    return this.count;
  }

  /** What is in force, by address. */
  list(): readonly IpCacheEntry[] {
    return [...this.trie.entries()].flatMap(([prefix, bySource]) => {
      const source = mostTrusted(bySource);
      return source === undefined ? [] : [{ prefix, source, identity: bySource.get(source) as NumericIdentity }];
    });
  }

  private tell(prefix: IpPrefix, identity: NumericIdentity | undefined): void {
    for (const listener of this.listeners) listener(prefix, identity);
  }
}

/** undefined: nobody says anything. */
function mostTrusted(bySource: ReadonlyMap<IpCacheSource, NumericIdentity>): IpCacheSource | undefined {
  return IPCACHE_SOURCES.find((source) => bySource.has(source));
}

function identityOf(bySource: ReadonlyMap<IpCacheSource, NumericIdentity>): NumericIdentity | undefined {
  const source = mostTrusted(bySource);
  return source && bySource.get(source);
}
