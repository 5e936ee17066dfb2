import type { NumericIdentity } from "../api/identity.ts";
import type { Identity, IdentityListener } from "../identity/allocator.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector } from "./rule.ts";
import { selectableLabels, selectorMatches, selectsAll } from "./selector-match.ts";

/** What the selector cache needs of an identity allocator. */
export interface IdentitySource {
  list(): readonly Identity[];
  subscribe(listener: IdentityListener): () => void;
}

/** Whoever holds a selector. */
export interface SelectorUser {
  /** The selector now selects other identities. Called within the change: it must be quick, must not throw, and must not touch the cache. */
  selectionChanged(): void;
}

/** A selector and the identities that it selects now. */
export interface CachedSelector {
  readonly selector: EndpointSelector;
  /** Selects everybody, known or not; then nothing is tracked. */
  readonly all: boolean;
  selects(id: NumericIdentity): boolean;
  /** The identities of this moment: never changes, and is the same object until they do. Empty where `all`. */
  snapshot(): ReadonlySet<NumericIdentity>;
}

/**
 * Selector → identities, kept up incrementally. A new identity costs the selectors that could match it and a new selector
 * the identities that it could match: both are indexed by their labels, each selector by one of those it asks for.
 */
export class SelectorCache {
  private readonly entries = new Map<string, Entry>();
  /** Selectors of everybody; every other one is in `entriesByLabel` once. */
  private readonly entriesOfAll = new Set<Entry>();
  private readonly entriesByLabel = new Map<string, Set<Entry>>();
  private readonly identitiesByLabel = new Map<string, Set<Identity>>();
  private readonly unused = new Set<Entry>();

  /** Knows all identities of the source from now on. */
  constructor(identities: IdentitySource) {
    for (const identity of identities.list()) this.add(identity);
    identities.subscribe(({ kind, identity }) => (kind === "added" ? this.add(identity) : this.delete(identity)));
  }

  /** Number of selectors. */
  get size(): number {
    return this.entries.size;
  }

  /** Equal selectors share one entry. A user holds a selector at most once; `release` gives it back. */
  acquire(selector: EndpointSelector, user: SelectorUser): CachedSelector {
    const entry = this.entries.get(selector.key) ?? this.insert(selector);
    entry.users.add(user);
    this.unused.delete(entry);
    return entry;
  }

  /** The entry stays, still kept up, until `prune`: what is replaced by its equal costs nothing. */
  release(cached: CachedSelector, user: SelectorUser): void {
    const entry = this.entries.get(cached.selector.key);
    if (entry?.users.delete(user) && entry.users.size === 0) this.unused.add(entry);
  }

  /** Forgets the selectors that nobody holds. */
  prune(): void {
    for (const entry of this.unused) {
      this.entries.delete(entry.selector.key);
      if (entry.label === undefined) this.entriesOfAll.delete(entry);
      else removeFrom(this.entriesByLabel, entry.label, entry);
    }
    this.unused.clear();
  }

  /** The selectors that select these labels, whether or not an identity has them. */
  *matching(labels: LabelSet): IterableIterator<CachedSelector> {
    yield* this.entriesOfAll;
    yield* this.candidates(labels);
  }

  private *candidates(labels: LabelSet): IterableIterator<Entry> {
    for (const { key, value } of selectableLabels(labels)) {
      for (const entry of this.entriesByLabel.get(indexKey(key, value)) ?? []) {
        if (selectorMatches(entry.selector, labels)) yield entry;
      }
    }
  }

  private insert(selector: EndpointSelector): Entry {
    const all = selectsAll(selector);
    const entry = new Entry(selector, all, all ? undefined : this.rarestLabel(selector));
    this.entries.set(selector.key, entry);
    if (entry.label === undefined) {
      this.entriesOfAll.add(entry);
      return entry;
    }
    addTo(this.entriesByLabel, entry.label, entry);
    for (const identity of this.identitiesByLabel.get(entry.label) ?? []) {
      if (selectorMatches(selector, identity.labels)) entry.identities.add(identity.id);
    }
    return entry;
  }

  /** Of the labels that a selector asks for, the one that the fewest selectors and identities are filed under. */
  private rarestLabel(selector: EndpointSelector): string {
    const keys = selector.matchLabels.map(({ key, value }) => indexKey(key, value));
    const cost = (key: string): number =>
      (this.entriesByLabel.get(key)?.size ?? 0) + (this.identitiesByLabel.get(key)?.size ?? 0);
    return keys.reduce((best, key) => (cost(key) < cost(best) ? key : best));
  }

  private add(identity: Identity): void {
    for (const { key, value } of selectableLabels(identity.labels)) {
      addTo(this.identitiesByLabel, indexKey(key, value), identity);
    }
    for (const entry of this.candidates(identity.labels)) entry.change((identities) => identities.add(identity.id));
  }

  private delete(identity: Identity): void {
    for (const { key, value } of selectableLabels(identity.labels)) {
      removeFrom(this.identitiesByLabel, indexKey(key, value), identity);
    }
    for (const entry of this.candidates(identity.labels)) entry.change((identities) => identities.delete(identity.id));
  }
}

class Entry implements CachedSelector {
  readonly selector: EndpointSelector;
  readonly all: boolean;
  /** Where the entry is filed; undefined: among those of everybody. */
  readonly label: string | undefined;
  readonly users = new Set<SelectorUser>();
  readonly identities = new Set<NumericIdentity>();
  private taken: ReadonlySet<NumericIdentity> | undefined;

  constructor(selector: EndpointSelector, all: boolean, label: string | undefined) {
    this.selector = selector;
    this.all = all;
    this.label = label;
  }

  selects(id: NumericIdentity): boolean {
    return this.all || this.identities.has(id);
  }

  snapshot(): ReadonlySet<NumericIdentity> {
    this.taken ??= new Set(this.identities);
    return this.taken;
  }

  change(apply: (identities: Set<NumericIdentity>) => void): void {
    apply(this.identities);
    this.taken = undefined;
    for (const user of this.users) user.selectionChanged();
  }
}

/** Without the source: a selector of source `any` must be found by labels of every source. */
function indexKey(key: string, value: string): string {
  return `${key}=${value}`;
}

function addTo<T>(index: Map<string, Set<T>>, key: string, item: T): void {
  const set = index.get(key);
  if (set) set.add(item);
  else index.set(key, new Set([item]));
}

function removeFrom<T>(index: Map<string, Set<T>>, key: string, item: T): void {
  const set = index.get(key);
  if (set?.delete(item) && set.size === 0) index.delete(key);
}
