import { existsSync, realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The sources in a checkout, the built JavaScript in a published package. */
const SUFFIX = extname(import.meta.url);

/** Packages that the program imports, besides weir itself. */
const NEEDED_PACKAGES = ["zod", "re2js"];

/** The program that runs extensions. */
export const HOST_PROGRAM: string = fileURLToPath(new URL(`../../extension-host/main${SUFFIX}`, import.meta.url));

/** What that program consists of: folders and files. */
export function programPaths(): readonly string[] {
  const sources = dirname(fileURLToPath(new URL("../../lib", import.meta.url)));
  const manifest = fileURLToPath(new URL("../../../package.json", import.meta.url));
  return withTargets([sources, manifest, ...NEEDED_PACKAGES.map(packageFolder)].filter(existsSync));
}

/** Node asks for a path as it is written and, where there are symbolic links on the way, as it is without them. */
export function withTargets(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((path) => [path, realpathSync(path)]))];
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
