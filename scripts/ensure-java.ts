import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram, installPackage } from "./installed-program.ts";

/** Cassandra 5.0 needs 17; from 24 on Java has no security manager, without which it does not start. */
const VERSIONS = { min: 17, max: 23 } as const;
/** Where distributions put them, one folder each. */
const JAVA_FOLDERS = "/usr/lib/jvm";
/** A release of Debian or Ubuntu has some of them. */
const PACKAGES = ["openjdk-17-jdk-headless", "openjdk-21-jdk-headless", "default-jdk-headless"] as const;

/** Version of the development kit in a folder, undefined where there is none. It says so in a file: nothing is run. */
function versionIn(home: string): number | undefined {
  if (!existsSync(join(home, "bin/java")) || !existsSync(join(home, "bin/javac"))) return undefined;
  try {
    const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, "release"), "utf8"))?.[1];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}

/** Path of the `java` of an installed development kit that can run Cassandra, or undefined. Installs nothing. */
export function findJava(): string | undefined {
  const onPath = findProgram("java");
  const homes = [
    process.env["JAVA_HOME"] ?? "",
    onPath === undefined ? "" : dirname(dirname(realpathSync(onPath))),
    ...(existsSync(JAVA_FOLDERS) ? readdirSync(JAVA_FOLDERS).sort() : []).map((name) => join(JAVA_FOLDERS, name)),
  ];
  const home = homes.find((candidate) => {
    const version = candidate === "" ? undefined : versionIn(candidate);
    return version !== undefined && version >= VERSIONS.min && version <= VERSIONS.max;
  });
  return home === undefined ? undefined : join(home, "bin/java");
}

/** As {@link findJava}; installs a development kit where that can be. */
export function ensureJava(say: (line: string) => void): string | undefined {
  const found = findJava();
  if (found !== undefined) return found;
  installPackage(`a Java development kit (version ${VERSIONS.min} to ${VERSIONS.max})`, say, PACKAGES);
  return findJava();
}
