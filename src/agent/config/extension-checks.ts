import type { ExtensionSpec } from "../../host/bootstrap.ts";
import type { ConfigSource } from "./config-source.ts";
import { extensionItem } from "./extension-schema.ts";
import { listAt } from "./list-at.ts";

/**
 * What no single extension shows: one that is listed twice, and several in one process of which only some were granted
 * something. Grants belong to the process: what one of them may do, all of them could.
 */
export function checkExtensions(source: ConfigSource): void {
  const modules = new Set<string>();
  const groups = new Map<string, { readonly index: number; readonly grants: string }>();
  for (const [index, item] of listAt(source.value, "extensions").entries()) {
    const parsed = extensionItem.safeParse(item);
    if (!parsed.success) continue;
    const { module, group, allow } = parsed.data;
    if (modules.has(module)) source.report(["extensions", index], `\`${module}\` is listed already`);
    const known = groups.get(group);
    const grants = grantsText(allow);
    if (known === undefined) {
      groups.set(group, { index, grants });
    } else if (!modules.has(module) && known.grants !== grants) {
      source.report(
        ["extensions", index, "host"],
        `shares the process \`${group}\` with extensions[${known.index}], which has another \`allow\``,
        "what is allowed holds for the whole process: give both the same, or another `host`",
      );
    }
    modules.add(module);
  }
}

/** The same text for the same grants, in whatever order they are written. */
function grantsText(allow: ExtensionSpec["allow"]): string {
  const { read, write, ...flags } = allow;
  return JSON.stringify([[...new Set(read)].sort(), [...new Set(write)].sort(), Object.entries(flags).sort()]);
}
