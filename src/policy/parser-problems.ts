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

/**
 * Why connections that the rules of a direction allow could not be read: an extension is missing, or two extensions are
 * asked for on one port by rules that a peer could meet together.
 */
export function parserProblems(
  direction: Direction,
  rules: DirectionRules,
  extensions: ExtensionSource,
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
    for (const [left, right] of clashes(entries)) {
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

/**
 * Pairs of entries with different extensions whose peers overlap: because both have them all, name the same selector, or
 * select the same identity. Costs the identities selected, not the pairs of rules.
 */
function* clashes(entries: readonly L7Entry[]): IterableIterator<[L7Entry, L7Entry]> {
  const owners = new Map<CachedSelector | NumericIdentity, L7Entry>();
  const open = entries.find((entry) => entry.peers === "all");
  for (const entry of entries) {
    if (open && open.l7.parser !== entry.l7.parser) yield [open, entry];
    if (entry.peers === "all") continue;
    for (const cached of entry.peers) {
      for (const peer of [cached, ...cached.identities()]) {
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
