import type { ExtensionMention } from "./config.ts";
import { type ConfigSource, formatPath } from "./config-source.ts";
import { listAt } from "./list-at.ts";

/** Where the configuration names extensions. */
export function extensionMentions(source: ConfigSource): readonly ExtensionMention[] {
  const mentions: ExtensionMention[] = [];
  const note = (name: unknown, path: readonly PropertyKey[], ofKey: boolean): void => {
    if (typeof name !== "string") return;
    mentions.push({ name, path: formatPath(path), ...source.placeOf(path, ofKey) });
  };
  const configured = (source.value as { readonly extensionConfig?: unknown } | null)?.extensionConfig;
  for (const name of Object.keys(configured ?? {})) note(name, ["extensionConfig", name], true);
  for (const [index, endpoint] of listAt(source.value, "endpoints").entries()) {
    for (const [at, port] of listAt(endpoint, "observe").entries()) {
      const { l7proto } = (port ?? {}) as { readonly l7proto?: unknown };
      note(l7proto, ["endpoints", index, "observe", at, "l7proto"], false);
    }
  }
  return mentions;
}
