// `npm run build [-- FOLDER]`: JavaScript and type declarations for the published package. Node refuses TypeScript below
// node_modules, so what is published is built; in a checkout the sources run as they are. Built is what can be reached
// from the entry points in tsconfig.build.json: no tests, nothing that only tests use.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, "dist"));

if (process.argv[2] === undefined) {
  // Modules that were removed from the sources must not stay in the package.
  rmSync(folder, { recursive: true, force: true });
} else if (existsSync(folder) && readdirSync(folder).length > 0) {
  console.error(`${folder} is not empty: give a folder that is new or empty`);
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "--project", join(root, "tsconfig.build.json"), "--outDir", folder],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
