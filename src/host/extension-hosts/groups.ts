import type { ExtensionSpec } from "../bootstrap.ts";

/** Extensions that share a process, in the order of the configuration. */
export function groupsOf<Spec extends ExtensionSpec>(
  specs: readonly Spec[],
): readonly (readonly [string, readonly Spec[]])[] {
  const groups = new Map<string, Spec[]>();
  for (const spec of specs) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return [...groups];
}
