import { cassandra } from "../parsers/cassandra/parser.ts";
import { memcache } from "../parsers/memcached/parser.ts";
import { r2d2 } from "../parsers/r2d2/parser.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import type { AgentConfig } from "./config/config.ts";
import { loadExtensions } from "./extension-loader.ts";

/** The built-in extensions and those of the configuration. Throws WEIR_EXTENSION_INVALID. */
export async function createRegistry(
  config: Pick<AgentConfig, "extensions" | "file"> | undefined,
): Promise<ExtensionRegistry> {
  const registry = new ExtensionRegistry();
  registry.add(cassandra());
  registry.add(memcache);
  registry.add(r2d2);
  if (config !== undefined) {
    await loadExtensions(
      config.extensions.map(({ module }) => module),
      config.file,
      registry,
    );
  }
  return registry;
}
