import type { NumericIdentity } from "../api/identity.ts";
import type { Selections } from "./bound-direction.ts";
import type { DirectionRules } from "./direction-rules.ts";
import type { ExtensionSource } from "./extension-source.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** One is enough to act upon; more would only make the message longer. */
const PROBLEMS_MAX = 10;

interface L7Entry extends PolicyEntry {
  readonly l7: NonNullable<PolicyEntry["l7"]>;
}

/**
 * Why connections that the rules of a direction allow could not be read: an extension is missing, or two extensions are
 * asked for on one port by rules that a peer could meet together. Each problem names the rules.
 */
export function parserProblems(
  direction: "ingress" | "egress",
  rules: DirectionRules,
  selections: Selections,
  extensions: ExtensionSource,
): readonly string[] {
  const problems = new Set<string>();
  for (const entry of rules.entries) {
    if (entry.l7 && extensions.get(entry.l7.parser) === undefined) {
      problems.add(`there is no extension for l7proto ${describe(entry as L7Entry)}`);
    }
  }
  for (const port of rules.ports) {
    const entries = rules.onPort(port).filter((entry): entry is L7Entry => entry.l7 !== undefined);
    if (new Set(entries.map((entry) => entry.l7.parser)).size < 2) continue;
    for (const [left, right] of clashes(entries, selections)) {
      problems.add(
        `${direction} port ${port} has two extensions for the same peers, ` +
          `${describe(left)} and ${describe(right)}; let each peer reach the port through one of them only`,
      );
      if (problems.size >= PROBLEMS_MAX) return [...problems];
    }
  }
  return [...problems].slice(0, PROBLEMS_MAX);
}

/**
 * Pairs of entries with different extensions whose peers overlap: because both have them all, name the same selector, or
 * select the same identity. Costs the identities selected, not the pairs of rules.
 */
function* clashes(entries: readonly L7Entry[], selections: Selections): IterableIterator<[L7Entry, L7Entry]> {
  const owners = new Map<CachedSelector | NumericIdentity, L7Entry>();
  const open = entries.find((entry) => entry.peers === "all");
  for (const entry of entries) {
    if (open && open.l7.parser !== entry.l7.parser) yield [open, entry];
    if (entry.peers === "all") continue;
    for (const cached of entry.peers) {
      for (const peer of [cached, ...(selections.get(cached) ?? [])]) {
        const owner = owners.get(peer);
        if (!owner) owners.set(peer, entry);
        else if (owner.l7.parser !== entry.l7.parser) yield [owner, entry];
      }
    }
  }
}

function describe({ l7, origin }: L7Entry): string {
  return `${JSON.stringify(l7.parser)} (policy ${origin.policy}, ${origin.rule})`;
}
