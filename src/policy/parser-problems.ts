import type { NumericIdentity } from "../api/identity.ts";
import type { DirectionRules } from "./direction-rules.ts";
import type { ExtensionSource } from "./extension-source.ts";
import type { Direction, PolicyEntry } from "./policy-entry.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** One is enough to act upon; more would only make the message longer. */
const PROBLEMS_MAX = 10;

/** Why connections that rules allow cannot be read. */
export interface ParserProblem {
  /** Names the rules. */
  readonly message: string;
  /** Keys of the documents that it concerns. */
  readonly policies: readonly string[];
}

interface L7Entry extends PolicyEntry {
  readonly l7: NonNullable<PolicyEntry["l7"]>;
}

/** Ports that rules want to be read by more than one extension: whether that is a problem depends on the peers. */
export function contestedPorts(
  rules: DirectionRules,
): readonly (readonly [port: number, entries: readonly L7Entry[]])[] {
  const contested: [number, L7Entry[]][] = [];
  for (const port of rules.ports) {
    const entries = rules.onPort(port).filter((entry): entry is L7Entry => entry.l7 !== undefined);
    if (new Set(entries.map((entry) => entry.l7.parser)).size > 1) contested.push([port, entries]);
  }
  return contested;
}

/** Whom a selector selects, as far as that is to be looked at. */
type Selected = (cached: CachedSelector) => Iterable<NumericIdentity>;

const PRESENT: Selected = (cached) => cached.identities();

/** Leaves only what no identity can make or mend. */
export const NOBODY: Selected = () => [];

/**
 * Why connections that the rules of a direction allow could not be read: an extension is missing, or two extensions are
 * asked for on one port by rules that a peer could meet together.
 */
export function parserProblems(
  direction: Direction,
  rules: DirectionRules,
  extensions: ExtensionSource,
  selected: Selected = PRESENT,
): readonly ParserProblem[] {
  const problems = new Map<string, ParserProblem>();
  const add = (message: string, ...entries: readonly L7Entry[]): void => {
    problems.set(message, { message, policies: [...new Set(entries.map(({ origin }) => origin.policy))] });
  };
  for (const entry of rules.entries) {
    if (!entry.l7 || extensions.get(entry.l7.parser) !== undefined) continue;
    add(`there is no extension for l7proto ${describe(entry as L7Entry)}`, entry as L7Entry);
    if (problems.size >= PROBLEMS_MAX) return [...problems.values()];
  }
  for (const [port, entries] of contestedPorts(rules)) {
    for (const [left, right] of clashes(entries, selected)) {
      add(
        `${direction} port ${port} has two extensions for the same peers, ` +
          `${describe(left)} and ${describe(right)}; let each peer reach the port through one of them only`,
        left,
        right,
      );
      if (problems.size >= PROBLEMS_MAX) return [...problems.values()];
    }
  }
  return [...problems.values()];
}

/** The first entry that names a selector, and whether none of its identities has met another extension. */
interface Named {
  readonly entry: L7Entry;
  readonly calm: boolean;
}

/**
 * Pairs of entries with different extensions whose peers overlap: because one has all that the other can have, both name
 * the same selector, or both select the same identity. Costs the identities that different selectors select, not the
 * pairs of rules.
 */
function* clashes(entries: readonly L7Entry[], selected: Selected): IterableIterator<[L7Entry, L7Entry]> {
  const owners = new Map<NumericIdentity, L7Entry>();
  const named = new Map<CachedSelector, Named>();
  // With a requirement, and all entries that have one have the same, a selector selects others than without.
  const namedWithRequirement = new Map<CachedSelector, Named>();
  const open = entries.find((entry) => entry.peers === "all");
  const wide = widestOfRequired(entries);
  for (const entry of entries) {
    const { parser } = entry.l7;
    if (open && open.l7.parser !== parser) yield [open, entry];
    if (wide && entry.requires !== undefined && wide.l7.parser !== parser) yield [wide, entry];
    if (entry.peers === "all") continue;
    const known = entry.requires === undefined ? named : namedWithRequirement;
    for (const cached of entry.peers) {
      const before = known.get(cached);
      if (before && before.entry.l7.parser !== parser) yield [before.entry, entry];
      else if (before?.calm) continue;
      let calm = true;
      for (const id of selected(cached)) {
        if (entry.requires && !entry.requires.selects(id)) continue;
        const owner = owners.get(id);
        if (!owner) owners.set(id, entry);
        else if (owner.l7.parser !== parser) {
          calm = false;
          yield [owner, entry];
        }
      }
      if (!before) known.set(cached, { entry, calm });
    }
  }
}

/** An entry for whoever meets the requirement that others narrow their peers by: it has all of theirs. */
function widestOfRequired(entries: readonly L7Entry[]): L7Entry | undefined {
  const requirement = entries.find(({ requires }) => requires !== undefined)?.requires;
  if (requirement === undefined) return undefined;
  return entries.find(
    ({ peers, requires }) => requires === undefined && peers !== "all" && peers.includes(requirement),
  );
}

function describe({ l7, origin }: L7Entry): string {
  return `${JSON.stringify(l7.parser)} (policy ${origin.policy}, ${origin.rule})`;
}
