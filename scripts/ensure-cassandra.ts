import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureCached, findCached } from "./cache-folder.ts";
import { ensureJava, findJava } from "./ensure-java.ts";
import { ensureProgram } from "./installed-program.ts";

/** Those that can be had. Of the older ones only lexer and parser are used: no server is started from them. */
export type CassandraVersion = typeof VERSION | (typeof OLDER_VERSIONS)[number];

/** The one that tests and demos start. */
const VERSION = "5.0.9";
/** The last releases of the other series whose grammar our parser reads. */
export const OLDER_VERSIONS = ["4.1.9", "4.0.17", "3.11.19"] as const;
const POM = fileURLToPath(new URL("cassandra/pom.xml", import.meta.url));
const DOWNLOAD_TIMEOUT_MS = 180_000;
/** A repository may fail once in a while; what has come is kept by Maven. */
const ATTEMPTS = 2;

/** What it takes to start a real Cassandra. */
export interface CassandraProgram {
  /** Path of `java`, a development kit's. */
  readonly java: string;
  /** Folder with all that belongs into the class path. */
  readonly jars: string;
}

/** The Cassandra that was fetched before, and a Java for it; undefined if one of them is missing. Installs nothing. */
export function findCassandra(version: CassandraVersion = VERSION): CassandraProgram | undefined {
  const java = findJava();
  const jars = findCached(folderOf(version));
  return java === undefined || jars === undefined ? undefined : { java, jars };
}

/** A real Cassandra: fetched now with Maven if need be, which is installed, as Java is, where that can be; else undefined. */
export function ensureCassandra(
  say: (line: string) => void,
  version: CassandraVersion = VERSION,
): CassandraProgram | undefined {
  const java = ensureJava(say);
  const jars = ensureCached(folderOf(version), (folder) => download(version, folder, say));
  return java === undefined || jars === undefined ? undefined : { java, jars };
}

/** Fetches what else is compared with. Returns the versions that cannot be had, as one tells them. */
export function ensureOlderCassandras(say: (line: string) => void): readonly string[] {
  return OLDER_VERSIONS.filter((version) => ensureCassandra(say, version) === undefined).map(
    (version) => `Cassandra ${version}`,
  );
}

function folderOf(version: CassandraVersion): string {
  return `cassandra-${version}`;
}

/** Lets Maven collect the server and all that it needs in a folder. */
function download(version: CassandraVersion, folder: string, say: (line: string) => void): boolean {
  const maven = ensureProgram("mvn", say, "maven");
  if (maven === undefined) return false;
  say(`fetching Cassandra ${version} with Maven`);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { status, error, stdout } = spawnSync(
      maven,
      [
        ...["--batch-mode", "--quiet", "--strict-checksums", "--file", POM, `-Dcassandra.version=${version}`],
        ...["dependency:copy-dependencies", `-DoutputDirectory=${folder}`],
      ],
      { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8", timeout: DOWNLOAD_TIMEOUT_MS },
    );
    if (status === 0) return true;
    const told = stdout?.split("\n").find((line) => line.includes("[ERROR]"));
    say(`Maven could not fetch Cassandra ${version}: ${error?.message ?? told ?? `it ended with ${status}`}`);
  }
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensureCassandra((line) => console.error(line));
  const missing = ensureOlderCassandras((line) => console.error(line));
  if (found !== undefined) console.log(found.jars);
  process.exitCode = found === undefined || missing.length > 0 ? 1 : 0;
}
