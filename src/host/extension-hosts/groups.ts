import type { ExtensionSpec } from "../bootstrap.ts";

/** Extensions that share a process, in the order of the configuration. */
export function groupsOf(specs: readonly ExtensionSpec[]): readonly (readonly [string, readonly ExtensionSpec[]])[] {
  const groups = new Map<string, ExtensionSpec[]>();
  for (const spec of specs) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return [...groups];
}
