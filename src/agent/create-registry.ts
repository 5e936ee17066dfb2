import { loadExtensions } from "../extension-host/extension-loader.ts";
import { declareExtensions } from "../host/extension-hosts/declare-extensions.ts";
import { builtInExtensions } from "../parsers/built-in.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentConfig } from "./config/config.ts";

type ExtensionSettings = Pick<AgentConfig, "extensions" | "file" | "stateDir" | "extensionLimits">;

/**
 * The built-in extensions and those of the configuration. Throws WEIR_EXTENSION_INVALID.
 *
 * @param use `run`: those of the configuration become part of this process. `declared`: nothing of theirs runs here; what
 * they declare is found out in a process of its own, and connections are refused.
 */
export async function createRegistry(
  config: ExtensionSettings | undefined,
  use: "run" | "declared" = "run",
): Promise<ExtensionRegistry> {
  const registry = new ExtensionRegistry();
  for (const extension of builtInExtensions()) registry.add(extension);
  if (config !== undefined && use === "declared") {
    const { extensions, file: configFile, stateDir, extensionLimits } = config;
    const { memoryBytesMax } = extensionLimits;
    for (const declaration of await declareExtensions({ extensions, configFile, stateDir, memoryBytesMax })) {
      registry.add({ ...declaration, create: () => undefined });
    }
  } else if (config !== undefined) {
    await loadExtensions(
      config.extensions.map(({ module }) => module),
      config.file,
      registry,
    );
  }
  return registry;
}

/** The extensions of the configuration, with the names that they declared. */
export function namedExtensions(
  extensions: AgentConfig["extensions"],
  registry: ExtensionRegistry,
): AgentConfig["extensions"] {
  // They were added last, in their order.
  const names = [...registry.declarations().keys()].slice(builtInExtensions().length);
  return extensions.map((spec, at) => ({ ...spec, name: names[at] }));
}
