import type { Identity } from "../../identity/allocator.ts";
import { FIXED_FIRST, FIXED_LAST, fixedIdentity, fixedNameProblem } from "../../identity/fixed.ts";
import { IdentityLabels } from "../../identity/identity-labels.ts";
import { parseLabel } from "../../labels/label.ts";
import type { ConfigSource } from "./config-source.ts";
import { listAt } from "./list-at.ts";

/** Name → identity, of those that are right; the others are reported. */
export function readFixedIdentities(source: ConfigSource): ReadonlyMap<string, Identity> {
  const fixed = new Map<string, Identity>();
  const given = (source.value as { readonly fixedIdentities?: unknown } | null)?.fixedIdentities;
  if (given === null || typeof given !== "object" || Array.isArray(given)) return fixed;
  for (const [key, name] of Object.entries(given)) {
    const path = ["fixedIdentities", key];
    const id = /^[1-9]\d{0,2}$/.test(key) ? Number(key) : 0;
    if (id < FIXED_FIRST || id > FIXED_LAST) {
      source.reportKey(path, `\`${key}\` is no number for a fixed identity`, `${FIXED_FIRST} to ${FIXED_LAST} are`);
    }
    if (typeof name !== "string") continue;
    const problem = fixedNameProblem(name);
    const other = fixed.get(name);
    if (problem !== undefined) source.report(path, `\`${name}\`: ${problem}`);
    else if (other) source.report(path, `\`${name}\` is the name of ${other.id} already`, "each number needs its own");
    else fixed.set(name, fixedIdentity(id, name));
  }
  return fixed;
}

/** Reports labels that no endpoint may have, each at its place. What is malformed has been told already. */
export function checkLabels(source: ConfigSource, fixed: ReadonlyMap<string, Identity>): void {
  const rules = new IdentityLabels(undefined, fixed);
  for (const [index, endpoint] of listAt(source.value, "endpoints").entries()) {
    for (const [at, text] of listAt(endpoint, "labels").entries()) {
      const parsed = typeof text === "string" ? parseLabel(text) : undefined;
      const problem = parsed && "label" in parsed ? rules.problem(parsed.label) : undefined;
      if (problem !== undefined) source.report(["endpoints", index, "labels", at], `label \`${text}\`: ${problem}`);
    }
  }
}
