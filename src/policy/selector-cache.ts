import type { NumericIdentity } from "../api/identity.ts";
import type { Identity, IdentityListener } from "../identity/allocator.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { addTo, removeFrom } from "../lib/multimap.ts";
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
   * throw, and must not touch the cache. undefined: does not want to know, and costs no identity anything.
   */
  readonly selectionChanged: ((id: NumericIdentity) => void) | undefined;
}

/** A selector and the identities that it selects now. */
export interface CachedSelector {
  readonly selector: EndpointSelector;
  /** Selects everybody, known or not. */
  readonly all: boolean;
  /** Whether its identities are found by their labels. Where not, every identity has to be tried. */
  readonly anchored: boolean;
  selects(id: NumericIdentity): boolean;
  /** The identities of now, found anew each time. Empty where `all`. */
  identities(): ReadonlySet<NumericIdentity>;
}

const NONE: ReadonlySet<CachedSelector> = new Set();

/** What a selector needs to find whom it selects. */
interface KnownIdentities {
  labelsOf(id: NumericIdentity): LabelSet | undefined;
  identitiesUnder(anchors: readonly string[]): Iterable<Identity>;
}

/** Found selectors that are kept, over all identities; they can be found again. */
const FOUND_MAX = 1_000_000;

/**
 * Selector → identities and back. What selects whom is found when somebody asks: all of it together would be a number for
 * each selector and identity, and a text of policy may hold thousands of selectors that select almost everybody. A new
 * identity costs the selectors that could match it, and who asks for the identities of a selector those that it could
 * match: both are filed under texts of their labels.
 */
export class SelectorCache implements KnownIdentities {
  private readonly entries = new Map<string, Entry>();
  /** Selectors of everybody; every other one is in `entriesByText`, or in `unanchored`. */
  private readonly entriesOfAll = new Set<Entry>();
  private readonly entriesByText = new Map<string, Set<Entry>>();
  /** Selectors that only say what must not be there: every identity is tried. */
  private readonly unanchored = new Set<Entry>();
  private readonly identities = new Map<NumericIdentity, Identity>();
  private readonly identitiesByText = new Map<string, Set<Identity>>();
  /** By identity. */
  private readonly found = new Map<NumericIdentity, ReadonlySet<CachedSelector>>();
  private foundCount = 0;
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
    entry.add(user);
    this.unused.delete(entry);
    return entry;
  }

  /** The entry stays, still kept up, until `prune`: what is replaced by its equal costs nothing. */
  release(cached: CachedSelector, user: SelectorUser): void {
    const entry = this.entries.get(cached.selector.key);
    if (entry?.delete(user) && entry.users.size === 0) this.unused.add(entry);
  }

  /** Forgets the selectors that nobody holds. */
  prune(): void {
    for (const entry of this.unused) {
      this.entries.delete(entry.selector.key);
      if (entry.all) this.entriesOfAll.delete(entry);
      else this.unanchored.delete(entry);
      for (const text of entry.anchors) removeFrom(this.entriesByText, text, entry);
    }
    if (this.unused.size > 0) this.forgetFound();
    this.unused.clear();
  }

  /** The identities that are filed under any of these texts; without a text, all of them. */
  *identitiesUnder(anchors: readonly string[]): IterableIterator<Identity> {
    if (anchors.length === 0) yield* this.identities.values();
    for (const text of anchors) yield* this.identitiesByText.get(text) ?? [];
  }

  /** The selectors that select these labels, whether or not an identity has them. */
  *matching(labels: LabelSet): IterableIterator<CachedSelector> {
    yield* this.entriesOfAll;
    yield* this.candidates(labels);
  }

  /** The selectors that select an identity now, those of everybody apart. */
  selectorsOf(id: NumericIdentity): ReadonlySet<CachedSelector> {
    let found = this.found.get(id);
    if (!found) {
      const labels = this.labelsOf(id);
      if (!labels) return NONE;
      found = new Set(this.candidates(labels));
      if (this.foundCount >= FOUND_MAX) this.forgetFound();
      this.foundCount += found.size;
      this.found.set(id, found);
    }
    return found;
  }

  /** undefined: there is no such identity. */
  labelsOf(id: NumericIdentity): LabelSet | undefined {
    return this.identities.get(id)?.labels;
  }

  /** Those that match, some perhaps more than once. */
  private *candidates(labels: LabelSet, wanted: (entry: Entry) => boolean = () => true): IterableIterator<Entry> {
    for (const text of anchorTextsOf(labels)) {
      for (const entry of this.entriesByText.get(text) ?? []) {
        if (wanted(entry) && selectorMatches(entry.selector, labels)) yield entry;
      }
    }
    for (const entry of this.unanchored) if (wanted(entry) && selectorMatches(entry.selector, labels)) yield entry;
  }

  private insert(selector: EndpointSelector): Entry {
    const all = selectsAll(selector);
    const anchors = all ? [] : anchorsOf(selector, (text) => this.filedUnder(text));
    const entry = new Entry(selector, all, anchors, this);
    this.entries.set(selector.key, entry);
    if (all) {
      this.entriesOfAll.add(entry);
      return entry;
    }
    this.forgetFound();
    if (anchors.length === 0) this.unanchored.add(entry);
    for (const text of anchors) addTo(this.entriesByText, text, entry);
    return entry;
  }

  private filedUnder(text: string): number {
    return (this.entriesByText.get(text)?.size ?? 0) + (this.identitiesByText.get(text)?.size ?? 0);
  }

  private add(identity: Identity): void {
    this.identities.set(identity.id, identity);
    for (const text of anchorTextsOf(identity.labels)) addTo(this.identitiesByText, text, identity);
    this.tell(identity);
  }

  private delete(identity: Identity): void {
    this.identities.delete(identity.id);
    for (const text of anchorTextsOf(identity.labels)) removeFrom(this.identitiesByText, text, identity);
    this.tell(identity);
  }

  private tell({ id, labels }: Identity): void {
    this.foundCount -= this.found.get(id)?.size ?? 0;
    this.found.delete(id);
    const selecting = new Set(this.candidates(labels, (entry) => entry.listeners > 0));
    for (const entry of selecting) for (const user of entry.users) user.selectionChanged?.(id);
  }

  private forgetFound(): void {
    this.found.clear();
    this.foundCount = 0;
  }
}

class Entry implements CachedSelector {
  readonly selector: EndpointSelector;
  readonly all: boolean;
  /** Where the entry is filed. */
  readonly anchors: readonly string[];
  readonly users = new Set<SelectorUser>();
  /** Users that want to know. */
  listeners = 0;
  private readonly known: KnownIdentities;

  constructor(selector: EndpointSelector, all: boolean, anchors: readonly string[], known: KnownIdentities) {
    this.selector = selector;
    this.all = all;
    this.anchors = anchors;
    this.known = known;
  }

  get anchored(): boolean {
    return this.anchors.length > 0;
  }

  add(user: SelectorUser): void {
    if (this.users.has(user)) return;
    this.users.add(user);
    if (user.selectionChanged) this.listeners++;
  }

  /** Returns whether the user was there. */
  delete(user: SelectorUser): boolean {
    if (!this.users.delete(user)) return false;
    if (user.selectionChanged) this.listeners--;
    return true;
  }

  selects(id: NumericIdentity): boolean {
    if (this.all) return true;
    const labels = this.known.labelsOf(id);
    return labels !== undefined && selectorMatches(this.selector, labels);
  }

  identities(): ReadonlySet<NumericIdentity> {
    const selected = new Set<NumericIdentity>();
    if (this.all) return selected;
    for (const { id, labels } of this.known.identitiesUnder(this.anchors)) {
      if (selectorMatches(this.selector, labels)) selected.add(id);
    }
    return selected;
  }
}
