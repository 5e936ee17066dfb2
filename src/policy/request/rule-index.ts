import { type Condition, holds } from "./condition.ts";
import { fulfilledByAll, fulfilledBySome } from "./fulfilment.ts";
import type { PrefixIndex } from "./prefix-index.ts";
import type { RequestView } from "./request-view.ts";
import type { SubstringIndex } from "./substring-index.ts";

/** One rule within an index. */
export interface Entry {
  /** Its place among the rules; the lowest that fits decides. */
  readonly position: number;
  /** The whole conjunction. */
  readonly conditions: readonly Condition[];
  /** What is left of it once a value has led here: for a request with single values, and for every deny rule. */
  readonly open: readonly Condition[];
}

/** Leads by a value of one attribute to the rules that may fit. Every list of indexes goes by the hits of its index. */
export interface AttributeIndex {
  readonly attribute: number;
  readonly byValue: ReadonlyMap<string, RuleIndex> | undefined;
  readonly prefixes: PrefixIndex | undefined;
  readonly byPrefix: readonly RuleIndex[];
  readonly substrings: SubstringIndex | undefined;
  readonly bySubstring: readonly RuleIndex[];
}

/** No rule fits. */
export const NO_RULE: number = Number.MAX_SAFE_INTEGER;

/** Rules, found by what they ask; every rule is a conjunction and is in here under one of its conditions. */
export class RuleIndex {
  readonly #attributes: readonly AttributeIndex[];
  /** Rules that are tried one by one, lowest first. */
  readonly #entries: readonly Entry[];
  /** The lowest position in this index and below. */
  readonly #lowest: number;
  /** The lowest position of a rule of which nothing is left, see `Entry.open`. */
  readonly #certain: number;
  /** Lookups by some value: how many began here, and the last one that came by. */
  #lookups = 0;
  #visitedIn = 0;

  /** About how many expressions a request may cost at worst. */
  readonly testsMax: number;

  /** @param entries By position. */
  constructor(attributes: readonly AttributeIndex[], entries: readonly Entry[], lowest: number) {
    this.#attributes = attributes;
    this.#entries = entries;
    this.#lowest = lowest;
    this.#certain = entries.find((entry) => entry.open.length === 0)?.position ?? NO_RULE;
    this.testsMax =
      entries.filter((entry) => entry.open.some(({ kind }) => kind === "regex")).length +
      attributes.reduce((sum, index) => sum + testsMaxOf(index), 0);
  }

  /** The lowest position below `best` whose rule every value of the request fits, or `best`. */
  find(request: RequestView, best: number): number {
    if (this.#lowest >= best) return best;
    let found = best;
    if (!request.several && this.#certain < found) found = this.#certain;
    for (let index = 0; index < this.#attributes.length; index++) {
      found = findByAttribute(this.#attributes[index]!, request, found);
    }
    // Last, because expressions without a literal are here, and what was found so far may save testing them.
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      if (entry.position >= found) break;
      if (fits(entry, request)) return entry.position;
    }
    return found;
  }

  /**
   * The lowest position whose rule the request fits with some value for each condition, or `NO_RULE`. Every index below is
   * looked into once, however many values lead there.
   */
  findSome(request: RequestView): number {
    if (!request.several) return this.find(request, NO_RULE);
    return this.#some(request, NO_RULE, ++this.#lookups);
  }

  #some(request: RequestView, best: number, lookup: number): number {
    if (this.#lowest >= best || this.#visitedIn === lookup) return best;
    this.#visitedIn = lookup;
    let found = Math.min(best, this.#certain);
    for (let index = 0; index < this.#attributes.length; index++) {
      const attribute = this.#attributes[index]!;
      const list = request.lists[attribute.attribute];
      const count = list === undefined ? 1 : list.length;
      for (let at = 0; at < count; at++) {
        const value = list === undefined ? request.first[attribute.attribute] : list[at];
        if (value !== undefined) found = this.#someByValue(attribute, value, request, found, lookup);
      }
    }
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!;
      if (entry.position >= found) break;
      if (fitsSome(entry, request)) return entry.position;
    }
    return found;
  }

  #someByValue(index: AttributeIndex, value: string, request: RequestView, best: number, lookup: number): number {
    let found = best;
    const rules = index.byValue?.get(value);
    if (rules !== undefined) found = rules.#some(request, found, lookup);
    if (index.prefixes !== undefined) {
      const { hits } = index.prefixes;
      const count = index.prefixes.collect(value);
      for (let hit = 0; hit < count; hit++) found = index.byPrefix[hits[hit]!]!.#some(request, found, lookup);
    }
    if (index.substrings !== undefined) {
      const { hits } = index.substrings;
      const count = index.substrings.collect(value);
      for (let hit = 0; hit < count; hit++) found = index.bySubstring[hits[hit]!]!.#some(request, found, lookup);
    }
    return found;
  }
}

function findByAttribute(index: AttributeIndex, request: RequestView, best: number): number {
  // A rule fits a list only if it fits the first value too.
  const value = request.first[index.attribute];
  if (value === undefined) return best;
  let found = best;
  if (index.byValue !== undefined) {
    const rules = index.byValue.get(value);
    if (rules !== undefined) found = rules.find(request, found);
  }
  if (index.prefixes !== undefined) {
    const { hits } = index.prefixes;
    const count = index.prefixes.collect(value);
    for (let hit = 0; hit < count; hit++) found = index.byPrefix[hits[hit]!]!.find(request, found);
  }
  if (index.substrings !== undefined) {
    const { hits } = index.substrings;
    const count = index.substrings.collect(value);
    for (let hit = 0; hit < count; hit++) found = index.bySubstring[hits[hit]!]!.find(request, found);
  }
  return found;
}

function testsMaxOf(index: AttributeIndex): number {
  const most = (rules: Iterable<RuleIndex>): number => {
    let tests = 0;
    for (const { testsMax } of rules) tests = Math.max(tests, testsMax);
    return tests;
  };
  return (
    most(index.byValue?.values() ?? []) +
    (index.prefixes?.hits.length ?? 0) * most(index.byPrefix) +
    (index.substrings?.likelyHits ?? 0) * most(index.bySubstring)
  );
}

function fits(entry: Entry, request: RequestView): boolean {
  if (request.several) return entry.conditions.every((condition) => fulfilledByAll(condition, request));
  // What led here holds: it was true of the only value.
  const { open } = entry;
  for (let index = 0; index < open.length; index++) {
    const condition = open[index]!;
    const value = request.first[condition.attribute];
    if (value === undefined || !holds(condition, value)) return false;
  }
  return true;
}

/** What led here holds: it was true of some value. */
function fitsSome({ open }: Entry, request: RequestView): boolean {
  for (let index = 0; index < open.length; index++) if (!fulfilledBySome(open[index]!, request)) return false;
  return true;
}
