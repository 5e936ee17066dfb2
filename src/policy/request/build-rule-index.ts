import type { Condition } from "./condition.ts";
import { PrefixIndex } from "./prefix-index.ts";
import { type AttributeIndex, type Entry, RuleIndex } from "./rule-index.ts";
import { SubstringIndex } from "./substring-index.ts";

/** So few rules are tried one by one: cheaper than any index. */
const ENTRIES_PER_LEAF_MAX = 4;

/**
 * A rule with a set of names is filed under each of them. Bounds how many entries that makes, over all levels, for each
 * rule; beyond, such rules are tried one by one.
 */
const COPIES_PER_RULE_MAX = 32;

/** @param rules By position: the conjunctions. No two alike. */
export function buildRuleIndex(rules: readonly (readonly Condition[])[]): RuleIndex {
  const drafts = rules.map((conditions, position): Draft => {
    return { position, conditions, open: conditions, keys: conditions.flatMap(keysOf) };
  });
  return new Builder(rules.length * COPIES_PER_RULE_MAX).build(drafts);
}

/** A rule on its way into an index. */
interface Draft extends Entry {
  /** What it could be filed under, and has not been yet. */
  readonly keys: readonly Key[];
}

/** A text by which a request that fulfils the condition can be found. */
interface Key {
  readonly condition: Condition;
  readonly kind: "value" | "prefix" | "substring";
  /** One for `prefix` and `substring`; a request needs one of them. */
  readonly texts: readonly string[];
  /** Whether a single value that has the text fulfils the condition. An expression has to be tested still. */
  readonly settles: boolean;
}

function keysOf(condition: Condition): readonly Key[] {
  switch (condition.kind) {
    case "exact":
      return [{ condition, kind: "value", texts: [condition.value], settles: true }];
    case "oneOf":
      return [{ condition, kind: "value", texts: [...condition.values], settles: true }];
    case "prefix":
      return [{ condition, kind: "prefix", texts: [condition.prefix], settles: true }];
    case "regex": {
      const { prefix, substring } = condition.regex.literal;
      const keys: Key[] = [];
      if (prefix !== "") keys.push({ condition, kind: "prefix", texts: [prefix], settles: false });
      if (substring !== "") keys.push({ condition, kind: "substring", texts: [substring], settles: false });
      return keys;
    }
  }
}

/** Rules by text, for one attribute and kind of key. */
type Shelf = Map<string, Draft[]>;

class Builder {
  #copiesLeft: number;

  constructor(copiesMax: number) {
    this.#copiesLeft = copiesMax;
  }

  /** @param drafts By position, at least one. Every level takes one key from each rule, so the depth is bounded. */
  build(drafts: readonly Draft[]): RuleIndex {
    const lowest = drafts[0]?.position ?? 0;
    if (drafts.length <= ENTRIES_PER_LEAF_MAX) return new RuleIndex([], drafts, lowest);
    const sharing = countSharing(drafts);
    const shelves = new Map<string, Shelf>();
    const entries: Draft[] = [];
    for (const draft of drafts) {
      const key = this.#choose(draft, sharing);
      if (key === undefined) entries.push(draft);
      else file(shelves, draft, key);
    }
    const attributes = new Set([...shelves.keys()].map((name) => Number(name.slice(0, name.indexOf(" ")))));
    return new RuleIndex(
      [...attributes].map((attribute) => this.#attributeIndex(attribute, shelves)),
      entries,
      lowest,
    );
  }

  /** The key that the fewest other rules share: what it leads to is the shortest. */
  #choose(draft: Draft, sharing: ReadonlyMap<string, number>): Key | undefined {
    let chosen: Key | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const key of draft.keys) {
      if (key.texts.length > 1 && key.texts.length > this.#copiesLeft) continue;
      const shared = key.texts.reduce((sum, text) => sum + (sharing.get(sharingKey(key, text)) ?? 0), 0);
      const cheaper = chosen !== undefined && shared === fewest && COST[key.kind] < COST[chosen.kind];
      if (shared < fewest || cheaper) {
        chosen = key;
        fewest = shared;
      }
    }
    if (chosen !== undefined && chosen.texts.length > 1) this.#copiesLeft -= chosen.texts.length;
    return chosen;
  }

  #attributeIndex(attribute: number, shelves: ReadonlyMap<string, Shelf>): AttributeIndex {
    const values = shelves.get(`${attribute} value`);
    const prefixes = shelves.get(`${attribute} prefix`);
    const substrings = shelves.get(`${attribute} substring`);
    return {
      attribute,
      byValue: values && new Map(Array.from(values, ([text, drafts]) => [text, this.build(drafts)])),
      prefixes: prefixes && new PrefixIndex([...prefixes.keys()]),
      byPrefix: prefixes === undefined ? [] : Array.from(prefixes.values(), (drafts) => this.build(drafts)),
      substrings: substrings && new SubstringIndex([...substrings.keys()]),
      bySubstring: substrings === undefined ? [] : Array.from(substrings.values(), (drafts) => this.build(drafts)),
    };
  }
}

/** Of a lookup by such a key. */
const COST = { value: 0, prefix: 1, substring: 2 } as const;

function sharingKey(key: Key, text: string): string {
  return `${key.condition.attribute} ${key.kind} ${text}`;
}

function countSharing(drafts: readonly Draft[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const draft of drafts) {
    for (const key of draft.keys) {
      for (const text of key.texts) {
        const name = sharingKey(key, text);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
  }
  return counts;
}

function file(shelves: Map<string, Shelf>, draft: Draft, key: Key): void {
  const name = `${key.condition.attribute} ${key.kind}`;
  const shelf = shelves.get(name) ?? new Map<string, Draft[]>();
  shelves.set(name, shelf);
  const filed: Draft = {
    ...draft,
    open: key.settles ? draft.open.filter((condition) => condition !== key.condition) : draft.open,
    keys: draft.keys.filter((other) => other !== key),
  };
  for (const text of key.texts) {
    const drafts = shelf.get(text);
    if (drafts === undefined) shelf.set(text, [filed]);
    else drafts.push(filed);
  }
}
