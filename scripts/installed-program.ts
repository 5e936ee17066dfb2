import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where distributions put servers, for users whose PATH lacks it. */
const MORE_FOLDERS = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/opt/homebrew/bin"];
const INSTALL_TIMEOUT_MS = 180_000;

/** Path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...MORE_FOLDERS]) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Path of a program: the one installed; else, as root with apt, its package is installed now; else undefined.
 *
 * @param say Is told what happens, one line at a time. @param packageName What apt calls it.
 */
export function ensureProgram(
  name: string,
  say: (line: string) => void,
  packageName: string = name,
): string | undefined {
  const found = findProgram(name);
  if (found !== undefined) return found;
  installPackage(name, say, [packageName]);
  return findProgram(name);
}

/**
 * As root with apt, installs the first of some packages that can be had; says what is missing otherwise, and what failed.
 *
 * @param what It is for, as messages name it. @param alternatives Not every release of a distribution has every one.
 */
export function installPackage(what: string, say: (line: string) => void, alternatives: readonly string[]): void {
  const apt = findProgram("apt-get");
  if (apt === undefined || process.getuid?.() !== 0) {
    say(`${what} is not installed${apt === undefined ? "" : " (as root, it would be installed with apt-get)"}`);
    return;
  }
  say(`${what} is not installed: installing it with apt-get`);
  const run = (...step: string[]): boolean => {
    const { status, error, stderr } = spawnSync(apt, ["--quiet", ...step], {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) say(`apt-get ${step[0]} failed: ${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""}`);
    return status === 0;
  };
  // A repository that cannot be reached fails `update`, while `install` may still succeed from another one.
  run("update");
  alternatives.some((name) => run("install", "--yes", "--no-install-recommends", name));
}
