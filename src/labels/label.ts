/** One label of a workload. The source says who gave it: `k8s`, `container`, `reserved`, `unspec` (nobody said) … */
export interface Label {
  readonly source: string;
  readonly key: string;
  /** May be empty. */
  readonly value: string;
}

/** The source of labels that were written without one. */
export const UNSPEC_SOURCE = "unspec";
/** In a selector: whatever source. No workload has labels of it. */
export const ANY_SOURCE = "any";
/** Labels that only weir itself gives. */
export const RESERVED_SOURCE = "reserved";

/** Longest text of one label. Kubernetes allows 317 characters for a key and 63 for a value; containers are freer. */
const LABEL_LENGTH_MAX = 1024;
const SOURCE = /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/;
/** Printable ASCII without blank, `;` and `=`: keys are sorted by bytes and joined by these characters. */
const KEY = /^[!-:<>-~]+$/;
/** `;` ends a label in the key of a label set: with it, one label could pass itself off as two. */
const VALUE = /^[^\p{Cc}\p{Cs};]*$/u;

/**
 * Reads `source:key=value`, `key=value` (source `unspec`), either without `=value`, or `$name`, which is short for
 * `reserved:name`. The error says what is wrong, without saying where.
 */
export function parseLabel(text: string): { readonly label: Label } | { readonly error: string } {
  if (text.length > LABEL_LENGTH_MAX) return { error: `a label has at most ${LABEL_LENGTH_MAX} characters` };
  const full = text.startsWith("$") ? `${RESERVED_SOURCE}:${text.slice(1)}` : text;
  const equals = full.indexOf("=");
  const name = equals < 0 ? full : full.slice(0, equals);
  const colon = name.indexOf(":");
  const source = colon < 0 ? UNSPEC_SOURCE : name.slice(0, colon);
  const label = { source, key: name.slice(colon + 1), value: equals < 0 ? "" : full.slice(equals + 1) };
  const problem = labelProblem(label);
  return problem === undefined ? { label } : { error: `label ${JSON.stringify(text)}: ${problem}` };
}

/** What is wrong with a label, if anything. */
export function labelProblem(label: Label): string | undefined {
  if (!SOURCE.test(label.source)) return "the source in front of `:` is made of a–z, 0–9, `-` and `_`";
  if (label.key === "") return "there is no key; write `key=value` or `source:key=value`";
  if (!KEY.test(label.key)) return "the key may hold neither blanks nor `;` nor characters outside of ASCII";
  if (!VALUE.test(label.value)) return "the value may hold neither `;` nor control characters";
  return undefined;
}

/** `source:key=value`, or `source:key` where the value is empty. `parseLabel` reads it back. */
export function formatLabel(label: Label): string {
  return label.value === "" ? `${label.source}:${label.key}` : `${label.source}:${label.key}=${label.value}`;
}
