import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureCached, findCached } from "./cache-folder.ts";
import { findProgram, installPackage } from "./installed-program.ts";

const DRIVER = "cassandra-driver==3.30.1";
/** With this package installed, the driver asks the server for compression. */
const LZ4 = "lz4==4.4.5";
const PLAIN_FOLDER = "python-cassandra-driver-3.30.1";
const LZ4_FOLDER = `${PLAIN_FOLDER}-lz4`;
const INSTALL_TIMEOUT_MS = 180_000;

/** Paths of `python` in virtual environments that have Cassandra's driver. */
export interface PythonDrivers {
  readonly plain: string;
  /** Can compress, too. */
  readonly lz4: string;
}

/** The environments that were made before, or undefined. Installs nothing. */
export function findPythonDrivers(): PythonDrivers | undefined {
  return environments(findCached(PLAIN_FOLDER), findCached(LZ4_FOLDER));
}

/** The environments, made now if need be; Python's venv is installed where that can be. */
export function ensurePythonDrivers(say: (line: string) => void): PythonDrivers | undefined {
  return environments(
    ensureCached(PLAIN_FOLDER, (folder) => create(folder, [DRIVER], say)),
    ensureCached(LZ4_FOLDER, (folder) => create(folder, [DRIVER, LZ4], say)),
  );
}

function environments(plain: string | undefined, lz4: string | undefined): PythonDrivers | undefined {
  if (plain === undefined || lz4 === undefined) return undefined;
  return { plain: join(plain, "bin/python"), lz4: join(lz4, "bin/python") };
}

/** A Python that can make virtual environments. */
function findPython(): string | undefined {
  const pythons = [findProgram("python3"), "/usr/bin/python3"].filter((path) => path !== undefined);
  return pythons.find((path) => spawnSync(path, ["-c", "import venv, ensurepip"], { stdio: "ignore" }).status === 0);
}

function create(folder: string, packages: readonly string[], say: (line: string) => void): boolean {
  if (findPython() === undefined) installPackage("Python 3 with venv", say, ["python3-venv"]);
  const python = findPython();
  if (python === undefined) return false;
  say(`installing ${packages.join(" and ")} for Python`);
  const steps: readonly (readonly [string, ...string[]])[] = [
    [python, "-m", "venv", folder],
    [join(folder, "bin/python"), "-m", "pip", "install", "--quiet", "--prefer-binary", ...packages],
  ];
  return steps.every(([program, ...parameters]) => {
    const { status, error, stderr } = spawnSync(program, parameters, {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
    });
    const told = stderr?.split("\n").find((line) => line.startsWith("ERROR"));
    if (status !== 0) say(`Python could not: ${error?.message ?? told ?? `it ended with ${status}`}`);
    return status === 0;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensurePythonDrivers((line) => console.error(line));
  if (found !== undefined) console.log(`${found.plain}\n${found.lz4}`);
  process.exitCode = found === undefined ? 1 : 0;
}
