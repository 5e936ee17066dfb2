import { loadExtensions } from "../extension-host/extension-loader.ts";
import { builtInExtensions } from "../parsers/built-in.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentConfig } from "./config/config.ts";

/** The built-in extensions and those of the configuration. Throws WEIR_EXTENSION_INVALID. */
export async function createRegistry(
  config: Pick<AgentConfig, "extensions" | "file"> | undefined,
): Promise<ExtensionRegistry> {
  const registry = new ExtensionRegistry();
  for (const extension of builtInExtensions()) registry.add(extension);
  if (config !== undefined) {
    await loadExtensions(
      config.extensions.map(({ module }) => module),
      config.file,
      registry,
    );
  }
  return registry;
}
