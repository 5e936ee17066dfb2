import { existsSync, realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The sources in a checkout, the built JavaScript in a published package. */
const SUFFIX = extname(import.meta.url);

/** Packages that the program imports, besides weir itself. */
const NEEDED_PACKAGES = ["zod", "re2js"];

/** The program that runs extensions. */
export const HOST_PROGRAM: string = fileURLToPath(new URL(`../../extension-host/main${SUFFIX}`, import.meta.url));

/** What that program consists of: folders and files, without symbolic links. */
export function programPaths(): readonly string[] {
  const sources = fileURLToPath(new URL("../..", import.meta.url));
  const manifest = fileURLToPath(new URL("../../../package.json", import.meta.url));
  return [sources, manifest, ...NEEDED_PACKAGES.map(packageFolder)]
    .filter(existsSync)
    .map((path) => realpathSync(path));
}

/** The nearest folder of a package, as Node would find it from here. */
function packageFolder(name: string): string {
  let folder = dirname(HOST_PROGRAM);
  for (;;) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json")) || dirname(folder) === folder) return found;
    folder = dirname(folder);
  }
}
