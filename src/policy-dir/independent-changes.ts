import type { FileChange } from "./file-ledger.ts";

interface Group {
  readonly changes: FileChange[];
  readonly keys: Set<string>;
}

/**
 * Parts changes so that no policy concerns two parts. Within a part they belong together: a policy that moves from one
 * file to another would be lost if only its removal were taken.
 */
export function independentChanges(changes: readonly FileChange[]): (readonly FileChange[])[] {
  let groups: Group[] = [];
  for (const change of changes) {
    const keys = [...change.before, ...change.documents].map((document) => document.key);
    const joined: Group = { changes: [], keys: new Set(keys) };
    const apart: Group[] = [];
    for (const group of groups) {
      if (!keys.some((key) => group.keys.has(key))) {
        apart.push(group);
        continue;
      }
      joined.changes.push(...group.changes);
      for (const key of group.keys) joined.keys.add(key);
    }
    joined.changes.push(change);
    groups = [...apart, joined];
  }
  return groups.map((group) => group.changes);
}
