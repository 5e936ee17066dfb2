import type { NumericIdentity } from "../api/identity.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { SelectorLookup } from "./selected-direction.ts";
import type { CachedSelector, SelectorCache } from "./selector-cache.ts";
import { selectorMatches } from "./selector-match.ts";

const NONE: ReadonlySet<CachedSelector> = new Set();

/** Finds the selectors of one policy by the labels of an identity, although the selector cache does not know them any more. */
export class RetiredLookup implements SelectorLookup {
  private readonly selectors: ReadonlySet<CachedSelector>;
  private readonly identities: Pick<SelectorCache, "labelsOf">;
  /** An identity's labels never change, and go with it: nothing has to be forgotten. */
  private readonly found = new WeakMap<LabelSet, ReadonlySet<CachedSelector>>();

  constructor(selectors: ReadonlySet<CachedSelector>, identities: Pick<SelectorCache, "labelsOf">) {
    this.selectors = selectors;
    this.identities = identities;
  }

  selectorsOf(id: NumericIdentity): ReadonlySet<CachedSelector> {
    const labels = this.identities.labelsOf(id);
    if (labels === undefined) return NONE;
    let found = this.found.get(labels);
    if (!found) {
      found = new Set([...this.selectors].filter(({ selector }) => selectorMatches(selector, labels)));
      this.found.set(labels, found);
    }
    return found;
  }
}
