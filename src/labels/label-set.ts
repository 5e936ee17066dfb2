import { WeirError } from "../lib/error.ts";
import { ANY_SOURCE, formatLabel, type Label, labelProblem, parseLabel } from "./label.ts";

/** More than any workload has; keeps identity keys and selector matching bounded. */
export const LABELS_MAX = 256;

/** The labels that an identity stands for: at most one of each key, whatever its source. Immutable. */
export class LabelSet {
  /** Sorted by key. */
  readonly labels: readonly Label[];
  /** `source:key=value;` of every label, sorted by key: equal sets have equal keys, on every node. */
  readonly key: string;
  /** `source:key=value`, sorted like the labels. */
  readonly texts: readonly string[];
  private readonly byKey: ReadonlyMap<string, Label>;

  /** Throws WEIR_CONFIG_INVALID for malformed labels, for two of the same key, and for too many. */
  constructor(labels: Iterable<Label>) {
    const byKey = new Map<string, Label>();
    for (const label of labels) {
      const problem = labelProblem(label) ?? clashProblem(byKey.get(label.key), label);
      if (problem !== undefined) {
        throw new WeirError("WEIR_CONFIG_INVALID", `label ${JSON.stringify(formatLabel(label))}: ${problem}`);
      }
      byKey.set(label.key, label);
    }
    if (byKey.size > LABELS_MAX) throw new WeirError("WEIR_CONFIG_INVALID", tooMany(byKey.size));
    this.byKey = byKey;
    this.labels = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    this.key = this.labels.map((label) => `${label.source}:${label.key}=${label.value};`).join("");
    this.texts = this.labels.map(formatLabel);
  }

  /** Whether the label is there. Source `any` stands for every source. */
  has(source: string, key: string, value: string): boolean {
    const label = this.byKey.get(key);
    return label !== undefined && label.value === value && (source === ANY_SOURCE || source === label.source);
  }

  /** The label of this key, whatever its source. */
  get(key: string): Label | undefined {
    return this.byKey.get(key);
  }

  hasSource(source: string): boolean {
    return this.labels.some((label) => label.source === source);
  }
}

/** What is wrong with one text of a list; with the list as a whole, where there is no index. */
export interface LabelError {
  readonly index?: number;
  readonly message: string;
}

/** Reads the texts of labels; all that is wrong with them is told at once. */
export function parseLabels(
  texts: readonly string[],
): { readonly labels: LabelSet } | { readonly errors: readonly LabelError[] } {
  const errors: LabelError[] = [];
  const byKey = new Map<string, Label>();
  for (const [index, text] of texts.entries()) {
    const parsed = parseLabel(text);
    if ("error" in parsed) {
      errors.push({ index, message: parsed.error });
      continue;
    }
    const clash = clashProblem(byKey.get(parsed.label.key), parsed.label);
    if (clash !== undefined) errors.push({ index, message: `label ${JSON.stringify(text)}: ${clash}` });
    else byKey.set(parsed.label.key, parsed.label);
  }
  if (byKey.size > LABELS_MAX) errors.push({ message: tooMany(byKey.size) });
  return errors.length === 0 ? { labels: new LabelSet(byKey.values()) } : { errors };
}

/** Two sources that give one key would make the identity depend on who came last. Repeating a label does no harm. */
function clashProblem(earlier: Label | undefined, label: Label): string | undefined {
  if (!earlier || (earlier.source === label.source && earlier.value === label.value)) return undefined;
  return `there is ${JSON.stringify(formatLabel(earlier))} as well, and a key may be given only once`;
}

function tooMany(count: number): string {
  return `${count} labels are too many: at most ${LABELS_MAX}`;
}
