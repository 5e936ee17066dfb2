import type { NumericIdentity } from "../api/identity.ts";
import type { Identity, IdentityListener } from "../identity/allocator.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { EndpointSelector } from "./rule.ts";
import { anchorsOf, anchorTextsOf } from "./selector-anchors.ts";
import { selectorMatches, selectsAll } from "./selector-match.ts";

/** What the selector cache needs of an identity allocator. */
export interface IdentitySource {
  list(): readonly Identity[];
  subscribe(listener: IdentityListener): () => void;
}

/** Whoever holds a selector. */
export interface SelectorUser {
  /**
   * The selector selects this identity now, or no longer does. Called within the change: it must be quick, must not
   * throw, and must not touch the cache.
   */
  selectionChanged(id: NumericIdentity): void;
}

/** A selector and the identities that it selects now. */
export interface CachedSelector {
  readonly selector: EndpointSelector;
  /** Selects everybody, known or not; then nothing is tracked. */
  readonly all: boolean;
  selects(id: NumericIdentity): boolean;
  /** The identities of now: the set goes on changing. Empty where `all`. */
  identities(): ReadonlySet<NumericIdentity>;
}

const NONE: ReadonlySet<CachedSelector> = new Set();

/**
 * Selector → identities and back, kept up incrementally. A new identity costs the selectors that could match it and a new
 * selector the identities that it could match: both are filed under texts of their labels.
 */
export class SelectorCache {
  private readonly entries = new Map<string, Entry>();
  /** Selectors of everybody; every other one is in `entriesByText`, or in `unanchored`. */
  private readonly entriesOfAll = new Set<Entry>();
  private readonly entriesByText = new Map<string, Set<Entry>>();
  /** Selectors that only say what must not be there: every identity is tried. */
  private readonly unanchored = new Set<Entry>();
  private readonly identities = new Map<NumericIdentity, Identity>();
  private readonly identitiesByText = new Map<string, Set<Identity>>();
  private readonly entriesByIdentity = new Map<NumericIdentity, Set<Entry>>();
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
      if (entry.all) this.entriesOfAll.delete(entry);
      else this.unanchored.delete(entry);
      for (const text of entry.anchors) removeFrom(this.entriesByText, text, entry);
      for (const id of entry.selected) removeFrom(this.entriesByIdentity, id, entry);
    }
    this.unused.clear();
  }

  /** The selectors that select these labels, whether or not an identity has them. */
  *matching(labels: LabelSet): IterableIterator<CachedSelector> {
    yield* this.entriesOfAll;
    yield* this.candidates(labels);
  }

  /** The selectors that select an identity, those of everybody apart. Goes on changing. */
  selectorsOf(id: NumericIdentity): ReadonlySet<CachedSelector> {
    return this.entriesByIdentity.get(id) ?? NONE;
  }

  /** undefined: there is no such identity. */
  labelsOf(id: NumericIdentity): LabelSet | undefined {
    return this.identities.get(id)?.labels;
  }

  private *candidates(labels: LabelSet): IterableIterator<Entry> {
    for (const text of anchorTextsOf(labels)) {
      for (const entry of this.entriesByText.get(text) ?? []) {
        if (selectorMatches(entry.selector, labels)) yield entry;
      }
    }
    for (const entry of this.unanchored) if (selectorMatches(entry.selector, labels)) yield entry;
  }

  private insert(selector: EndpointSelector): Entry {
    const all = selectsAll(selector);
    const anchors = all ? [] : anchorsOf(selector, (text) => this.filedUnder(text));
    const entry = new Entry(selector, all, anchors);
    this.entries.set(selector.key, entry);
    if (all) {
      this.entriesOfAll.add(entry);
      return entry;
    }
    for (const text of anchors) {
      addTo(this.entriesByText, text, entry);
      this.select(entry, this.identitiesByText.get(text) ?? []);
    }
    if (anchors.length > 0) return entry;
    this.unanchored.add(entry);
    this.select(entry, this.identities.values());
    return entry;
  }

  private filedUnder(text: string): number {
    return (this.entriesByText.get(text)?.size ?? 0) + (this.identitiesByText.get(text)?.size ?? 0);
  }

  private select(entry: Entry, candidates: Iterable<Identity>): void {
    for (const { id, labels } of candidates) {
      if (!selectorMatches(entry.selector, labels)) continue;
      entry.selected.add(id);
      addTo(this.entriesByIdentity, id, entry);
    }
  }

  private add(identity: Identity): void {
    this.identities.set(identity.id, identity);
    for (const text of anchorTextsOf(identity.labels)) addTo(this.identitiesByText, text, identity);
    for (const entry of this.candidates(identity.labels)) {
      entry.selected.add(identity.id);
      addTo(this.entriesByIdentity, identity.id, entry);
      entry.tell(identity.id);
    }
  }

  private delete(identity: Identity): void {
    this.identities.delete(identity.id);
    for (const text of anchorTextsOf(identity.labels)) removeFrom(this.identitiesByText, text, identity);
    const selecting = this.entriesByIdentity.get(identity.id) ?? [];
    this.entriesByIdentity.delete(identity.id);
    for (const entry of selecting) {
      entry.selected.delete(identity.id);
      entry.tell(identity.id);
    }
  }
}

class Entry implements CachedSelector {
  readonly selector: EndpointSelector;
  readonly all: boolean;
  /** Where the entry is filed. */
  readonly anchors: readonly string[];
  readonly users = new Set<SelectorUser>();
  readonly selected = new Set<NumericIdentity>();

  constructor(selector: EndpointSelector, all: boolean, anchors: readonly string[]) {
    this.selector = selector;
    this.all = all;
    this.anchors = anchors;
  }

  selects(id: NumericIdentity): boolean {
    return this.all || this.selected.has(id);
  }

  identities(): ReadonlySet<NumericIdentity> {
    return this.selected;
  }

  tell(id: NumericIdentity): void {
    for (const user of this.users) user.selectionChanged(id);
  }
}

function addTo<K, T>(index: Map<K, Set<T>>, key: K, item: T): void {
  const set = index.get(key);
  if (set) set.add(item);
  else index.set(key, new Set([item]));
}

function removeFrom<K, T>(index: Map<K, Set<T>>, key: K, item: T): void {
  const set = index.get(key);
  if (set?.delete(item) && set.size === 0) index.delete(key);
}
