import { CIDR_SOURCE } from "../labels/cidr-label.ts";
import { type Label, RESERVED_SOURCE } from "../labels/label.ts";
import type { LabelFilter } from "../labels/label-filter.ts";
import { LabelSet } from "../labels/label-set.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { Identity } from "./allocator.ts";
import { RESERVED_IDENTITIES, ReservedIdentity } from "./reserved.ts";

/** A workload with this label has the fixed identity that its value names, whatever its other labels. */
export const FIXED_IDENTITY_KEY = "io.cilium.fixed-identity";

/** The labels of a workload by what they are for. */
export interface EndpointLabels {
  /** They make its identity: `reserved:init` where there are none. */
  readonly identity: LabelSet;
  /** They only say something of it. */
  readonly informational: LabelSet;
}

const NO_LABELS = new LabelSet([]);
const INIT = (RESERVED_IDENTITIES.find(({ id }) => id === ReservedIdentity.Init) as Identity).labels;

/** Says which identity a workload has by its labels. */
export class IdentityLabels {
  private readonly filter: LabelFilter | undefined;
  private readonly fixed: ReadonlyMap<string, Identity>;

  /** @param filter Without one, every label counts. @param fixed Name → identity. */
  constructor(filter?: LabelFilter, fixed: ReadonlyMap<string, Identity> = new Map()) {
    this.filter = filter;
    this.fixed = fixed;
  }

  /** Labels that have a problem are taken as they are. */
  split(labels: LabelSet): EndpointLabels {
    const name = labels.get(FIXED_IDENTITY_KEY)?.value;
    const fixed = name === undefined ? undefined : this.fixed.get(name);
    if (fixed) return { identity: fixed.labels, informational: labels };
    const { filter } = this;
    const relevant = filter ? labels.labels.filter((label) => filter.isRelevant(label)) : labels.labels;
    if (relevant.length === labels.labels.length && relevant.length > 0) {
      return { identity: labels, informational: NO_LABELS };
    }
    return {
      identity: relevant.length === 0 ? INIT : new LabelSet(relevant),
      informational: new LabelSet(labels.labels.filter((label) => !relevant.includes(label))),
    };
  }

  /** Why a workload cannot have this label. */
  problem(label: Label): string | undefined {
    if (label.source === RESERVED_SOURCE || label.source === CIDR_SOURCE) {
      return `labels of the source \`${label.source}\` are weir's own`;
    }
    if (label.key !== FIXED_IDENTITY_KEY || this.fixed.has(label.value)) return undefined;
    const names = [...this.fixed.keys()];
    const hint = didYouMean(label.value, names) ?? `\`fixedIdentities\` of the configuration has ${list(names)}`;
    return `there is no fixed identity \`${label.value}\` (${hint})`;
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
