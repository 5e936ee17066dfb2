import { didYouMean } from "../../lib/suggestion.ts";
import type { Findings } from "./findings.ts";
import { type Home, homeOf, LEVELS, type LevelName, NOT_ENFORCED } from "./levels.ts";
import { describeNode, type ListNode, type MapEntry, type MapNode, quote, type SourceNode } from "./source-node.ts";

/** Members of a mapping by name; only such as the level has. */
export type Members = ReadonlyMap<string, MapEntry>;

/**
 * The members of a mapping. Each key that the level does not have is an error that says what to do about it: a known
 * member that is not enforced yet, a member of another level (lost indentation), a misspelling.
 *
 * A misplaced key whose home is one step below is put there for the rest of the check, so that what is inside it is
 * checked too and its absence from the right place is not told as a second error.
 */
export function readMembers(map: MapNode, level: LevelName, path: string, findings: Findings): Members {
  const known = LEVELS[level];
  const members = new Map<string, MapEntry>();
  for (const entry of map.entries) if (known.has(entry.key)) members.set(entry.key, entry);
  for (const entry of map.entries) {
    if (known.has(entry.key)) continue;
    const { key, keyAt } = entry;
    const notEnforced = notEnforcedMember(key);
    if (notEnforced !== undefined) {
      const name = notEnforced === key ? quote(key) : `${quote(key)} (\`${notEnforced}\`)`;
      const hint = "a policy is enforced as a whole or refused";
      findings.error(keyAt, join(path, key), `${name} is not enforced yet; remove it`, hint);
      continue;
    }
    const counterpart = counterpartOf(key, level);
    if (counterpart !== undefined) {
      const hint = `write ${quote(counterpart)} here`;
      findings.error(keyAt, join(path, key), `${quote(key)} belongs to the other direction`, hint);
      continue;
    }
    // A text beside `matchLabels` is rather a label than a member of something else, whatever its name.
    const label = level === "selector" && entry.value.kind === "text";
    const home = label ? undefined : homeOf(key, level, (member) => members.has(member));
    if (home !== undefined) {
      misplaced(entry, home, members, path, findings);
      continue;
    }
    const hint = key === "<<" ? "YAML 1.2 has no merge keys; write the members out" : didYouMean(key, known.keys());
    findings.error(
      keyAt,
      join(path, key),
      `unknown key ${quote(key)}`,
      hint ??
        (level === "selector" ? "labels belong inside `matchLabels`" : `known here: ${[...known.keys()].join(", ")}`),
    );
  }
  return members;
}

/** `path.member`, and at the top of the document just the member. */
export function join(path: string, member: string): string {
  return path === "" ? member : `${path}.${member}`;
}

/** The value as a mapping; anything else is an error and undefined. */
export function asMap(
  node: SourceNode,
  path: string,
  name: string,
  findings: Findings,
  hint?: string,
): MapNode | undefined {
  if (node.kind === "map") return node;
  const message = node.kind === "null" ? `${name} is empty` : `${name} must be a mapping, not ${describeNode(node)}`;
  findings.error(node.at, path, message, hint);
  return undefined;
}

/** The value as a list; anything else is an error and undefined. */
export function asList(
  node: SourceNode,
  path: string,
  name: string,
  findings: Findings,
  hint?: string,
): ListNode | undefined {
  if (node.kind === "list") return node;
  const message = node.kind === "null" ? `${name} is empty` : `${name} must be a list, not ${describeNode(node)}`;
  findings.error(node.at, path, message, hint ?? (node.kind === "null" ? undefined : "begin each item with `- `"));
  return undefined;
}

/**
 * The value as text; anything else is an error and undefined. Unquoted `yes`, `no`, `on`, `off` are refused too: they are
 * text here and truth values to readers of YAML 1.1, kubectl among them.
 */
export function asText(
  node: SourceNode,
  path: string,
  name: string,
  findings: Findings,
  hintWhereEmpty?: string,
): string | undefined {
  if (node.kind === "text") {
    if (!node.plain || !/^([Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$/.test(node.text)) return node.text;
    const message = `${name}: unquoted ${quote(node.text)} is a truth value to other readers of YAML`;
    findings.error(node.at, path, message, `write "${node.text}"`);
    return undefined;
  }
  if (node.kind === "number" || node.kind === "boolean") {
    findings.error(node.at, path, `${name} must be text, not ${describeNode(node)}`, `quote it: "${node.text}"`);
  } else if (node.kind === "null") {
    findings.error(node.at, path, `${name} is empty`, hintWhereEmpty);
  } else {
    findings.error(node.at, path, `${name} must be text, not ${describeNode(node)}`);
  }
  return undefined;
}

function notEnforcedMember(key: string): string | undefined {
  if (NOT_ENFORCED.has(key)) return key;
  const lower = key.toLowerCase();
  for (const name of NOT_ENFORCED) if (name.toLowerCase() === lower) return name;
  return undefined;
}

/** `toEndpoints` for `fromEndpoints` in an item about egress, and so on. */
function counterpartOf(key: string, level: LevelName): string | undefined {
  if (level === "ingressItem" && LEVELS.egressItem.has(key)) return key.replace(/^to/, "from");
  if (level === "egressItem" && LEVELS.ingressItem.has(key)) return key.replace(/^from/, "to");
  return undefined;
}

function misplaced(
  entry: MapEntry,
  home: Home,
  members: Map<string, MapEntry>,
  path: string,
  findings: Findings,
): void {
  const { key, keyAt } = entry;
  const parent = home.way.length === 1 ? members.get(home.way[0] ?? "") : undefined;
  const line = parent === undefined ? "" : ` of line ${parent.keyAt.line}`;
  if (home.parent === undefined) {
    findings.error(
      keyAt,
      join(path, key),
      `${quote(key)} belongs at the top of the document`,
      "remove its indentation",
    );
    return;
  }
  const place = `${home.list ? "an item of " : ""}\`${home.parent}\`${line}`;
  const oneBelow = parent === undefined ? `write \`${home.parent}:\` above it and indent it` : "indent it";
  const hint = home.way.length === 1 ? oneBelow : "move it there";
  findings.error(keyAt, join(path, key), `${quote(key)} belongs inside ${place}`, hint);
  if (home.way.length !== 1 || home.parent === undefined) return;
  const adopted = adopt(entry, parent?.value, home.list);
  if (adopted === undefined) return;
  members.set(home.parent, { key: home.parent, keyAt: parent?.keyAt ?? keyAt, value: adopted });
}

/** The parent's value with the entry where it belongs; undefined where that cannot be said for sure. */
function adopt(entry: MapEntry, parent: SourceNode | undefined, list: boolean): SourceNode | undefined {
  if (parent === undefined || parent.kind === "null") {
    const map: MapNode = { kind: "map", at: entry.keyAt, entries: [entry] };
    return list ? { kind: "list", at: entry.keyAt, items: [map] } : map;
  }
  if (!list) return withEntry(parent, entry);
  if (parent.kind !== "list") return undefined;
  const last = parent.items.at(-1);
  const changed = last === undefined ? undefined : withEntry(last, entry);
  return changed === undefined ? undefined : { ...parent, items: [...parent.items.slice(0, -1), changed] };
}

function withEntry(node: SourceNode, entry: MapEntry): MapNode | undefined {
  if (node.kind === "null") return { kind: "map", at: entry.keyAt, entries: [entry] };
  if (node.kind !== "map" || node.entries.some((other) => other.key === entry.key)) return undefined;
  return { ...node, entries: [...node.entries, entry] };
}
