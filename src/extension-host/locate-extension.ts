import { access, realpath } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageSpecifier, registerWeirModules } from "./weir-modules.ts";

/**
 * Finds the file of an extension's module, without running anything of it. Throws an Error that says what is missing.
 *
 * @param name A path (`./x.ts`, `/a/b.js`) or the name of a package, found as the configuration file would find them.
 * @returns Its path, without symbolic links.
 */
export async function locateExtension(name: string, configFile: string): Promise<string> {
  if (name.startsWith(".") || isAbsolute(name)) {
    const path = resolve(configFile, "..", name);
    await access(path);
    return await realpath(path);
  }
  registerWeirModules();
  const url = import.meta.resolve(packageSpecifier(name, pathToFileURL(configFile).href));
  if (!url.startsWith("file:")) throw new Error(`it is no file: ${url}`);
  return await realpath(fileURLToPath(url));
}
