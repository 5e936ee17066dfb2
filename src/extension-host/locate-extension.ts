import { existsSync } from "node:fs";
import { access, constants, realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { reasonOf } from "../lib/error.ts";
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
    await checkFile(path, configFile);
    return await realpath(path);
  }
  registerWeirModules();
  const url = resolvePackage(name, configFile);
  if (!url.startsWith("file:")) throw new Error(`it is no file: ${url}`);
  return await realpath(fileURLToPath(url));
}

function resolvePackage(name: string, configFile: string): string {
  try {
    return import.meta.resolve(packageSpecifier(name, pathToFileURL(configFile).href));
  } catch (error) {
    // Packages are looked for where a folder of this name lies, too: it is meant as a path.
    const isPath = existsSync(resolve(configFile, "..", name)) || /\.[cm]?[jt]s$/.test(name);
    throw new Error(`${reasonOf(error)}; ${isPath ? `a path begins with ./, as in ./${name}` : "install it there"}`);
  }
}

async function checkFile(path: string, configFile: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new Error(`there is no file ${path}; paths are relative to the folder of ${configFile}`);
  });
  if (!found.isFile()) throw new Error(`${path} is no file: name the module in it`);
  await access(path, constants.R_OK);
}
