import type { ExtensionDeclaration } from "../api/extension.ts";
import { eachModule, loadExtensions } from "../extension-host/extension-loader.ts";
import type { DeclaredExtension } from "../host/bootstrap.ts";
import { declareExtensions } from "../host/extension-hosts/declare-extensions.ts";
import { WeirError } from "../lib/error.ts";
import { builtInExtensions } from "../parsers/built-in.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentConfig } from "./config/config.ts";

type ExtensionSettings = Pick<AgentConfig, "extensions" | "file" | "stateDir" | "extensionLimits">;

/** The built-in extensions and those of the configuration, which become part of this process. Throws WEIR_EXTENSION_INVALID. */
export async function createRegistry(config: ExtensionSettings | undefined): Promise<ExtensionRegistry> {
  const registry = builtInRegistry();
  if (config !== undefined) {
    const modules = config.extensions.map(({ module }) => module);
    await loadExtensions(modules, config.file, registry);
  }
  return registry;
}

/**
 * The same where hosts have the extensions of the configuration run: nothing of theirs runs here, and connections are
 * refused. Throws WEIR_EXTENSION_INVALID.
 */
export async function declareRegistry(
  config: ExtensionSettings,
): Promise<{ readonly registry: ExtensionRegistry; readonly extensions: readonly DeclaredExtension[] }> {
  const { file: configFile, stateDir, extensionLimits } = config;
  const { memoryBytesMax } = extensionLimits;
  const extensions = await declareExtensions({ extensions: config.extensions, configFile, stateDir, memoryBytesMax });
  const registry = builtInRegistry();
  const declared = new Map(extensions.map(({ module, declaration }) => [module, declaration]));
  const failures = await eachModule([...declared.keys()], async (module) => {
    registry.add({ ...(declared.get(module) as ExtensionDeclaration), create: () => undefined });
  });
  if (failures.length > 0) throw new WeirError("WEIR_EXTENSION_INVALID", failures.join("\n"));
  return { registry, extensions };
}

function builtInRegistry(): ExtensionRegistry {
  const registry = new ExtensionRegistry();
  for (const extension of builtInExtensions()) registry.add(extension);
  return registry;
}
