import { formatLabel, type Label, parseLabel, UNSPEC_SOURCE } from "../labels/label.ts";
import { WeirError } from "../lib/error.ts";
import type { LabelsChange } from "./endpoint-schemas.ts";

/**
 * An endpoint's labels after a change: a label that is added replaces the one of its key. To delete one, its key is
 * enough; a source or a value that is given must fit. Throws WEIR_REQUEST_INVALID for labels that are not there.
 */
export function changedLabels(present: readonly string[], change: LabelsChange): readonly string[] {
  const byKey = new Map(present.map(read).map((label) => [label.key, label]));
  const missing = change.delete.filter((text) => {
    const wanted = read(text);
    const found = byKey.get(wanted.key);
    return !found || !fits(wanted, found) || !byKey.delete(wanted.key);
  });
  if (missing.length > 0) {
    const names = missing.map((text) => JSON.stringify(text)).join(", ");
    throw new WeirError("WEIR_REQUEST_INVALID", `nothing was changed: the endpoint has no label ${names}`);
  }
  for (const label of change.add.map(read)) byKey.set(label.key, label);
  return [...byKey.values()].map(formatLabel);
}

function fits(wanted: Label, found: Label): boolean {
  const source = wanted.source === UNSPEC_SOURCE || wanted.source === found.source;
  return source && (wanted.value === "" || wanted.value === found.value);
}

function read(text: string): Label {
  const parsed = parseLabel(text);
  if ("error" in parsed) throw new WeirError("WEIR_REQUEST_INVALID", parsed.error);
  return parsed.label;
}
