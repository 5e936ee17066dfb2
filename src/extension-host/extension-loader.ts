import { reasonOf, WeirError } from "../lib/error.ts";
import type { ExtensionRegistry } from "../proxylib/registry.ts";
import { checkExtension } from "./check-extension.ts";
import { importExtension } from "./import-extension.ts";
import { locateExtension } from "./locate-extension.ts";
import { registerWeirModules } from "./weir-modules.ts";

/** A module and where it lies. */
export interface LocatedModule {
  /** As in the configuration: messages tell it. */
  readonly name: string;
  /** Absolute, without symbolic links. */
  readonly path: string;
}

/**
 * Loads the extensions of a configuration into the registry. Throws WEIR_EXTENSION_INVALID with everything that is wrong
 * with any of them: an agent that lacks an extension would refuse the policies that name it.
 *
 * @param names Paths (`./x.ts`, `/a/b.js`) and package names, found as the configuration file would find them.
 */
export async function loadExtensions(
  names: readonly string[],
  configFile: string,
  registry: ExtensionRegistry,
): Promise<void> {
  const failures = await eachModule(names, async (name) => {
    await load(await locateExtension(name, configFile), registry);
  });
  if (failures.length > 0) throw new WeirError("WEIR_EXTENSION_INVALID", failures.join("\n"));
}

/** The same for modules that were located before. @returns What is wrong with each that cannot be loaded. */
export async function loadModules(modules: readonly LocatedModule[], registry: ExtensionRegistry): Promise<string[]> {
  const paths = new Map(modules.map(({ name, path }) => [name, path]));
  return await eachModule([...paths.keys()], (name) => load(paths.get(name) as string, registry));
}

/** Does something with every module. @returns One message for each that failed. */
export async function eachModule(names: readonly string[], work: (name: string) => Promise<void>): Promise<string[]> {
  const failures: string[] = [];
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      failures.push(`extension ${name}: ${reasonOf(error)}`);
    }
  }
  return failures;
}

async function load(path: string, registry: ExtensionRegistry): Promise<void> {
  registerWeirModules();
  registry.add(checkExtension(await importExtension(path)));
}
