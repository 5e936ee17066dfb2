import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureCached, findCached } from "./cache-folder.ts";
import { ensureJava, findJava } from "./ensure-java.ts";
import { ensureProgram } from "./installed-program.ts";

const VERSION = "5.0.9";
const FOLDER = `cassandra-${VERSION}`;
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
export function findCassandra(): CassandraProgram | undefined {
  const java = findJava();
  const jars = findCached(FOLDER);
  return java === undefined || jars === undefined ? undefined : { java, jars };
}

/** A real Cassandra: fetched now with Maven if need be, which is installed, as Java is, where that can be; else undefined. */
export function ensureCassandra(say: (line: string) => void): CassandraProgram | undefined {
  const java = ensureJava(say);
  const jars = ensureCached(FOLDER, (folder) => download(folder, say));
  return java === undefined || jars === undefined ? undefined : { java, jars };
}

/** Lets Maven collect the server and all that it needs in a folder. */
function download(folder: string, say: (line: string) => void): boolean {
  const maven = ensureProgram("mvn", say, "maven");
  if (maven === undefined) return false;
  say(`fetching Cassandra ${VERSION} with Maven`);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { status, error, stdout } = spawnSync(
      maven,
      [
        ...["--batch-mode", "--quiet", "--strict-checksums", "--file", POM, `-Dcassandra.version=${VERSION}`],
        ...["dependency:copy-dependencies", `-DoutputDirectory=${folder}`],
      ],
      { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8", timeout: DOWNLOAD_TIMEOUT_MS },
    );
    if (status === 0) return true;
    const told = stdout?.split("\n").find((line) => line.includes("[ERROR]"));
    say(`Maven could not fetch Cassandra: ${error?.message ?? told ?? `it ended with ${status}`}`);
  }
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensureCassandra((line) => console.error(line));
  if (found !== undefined) console.log(found.jars);
  process.exitCode = found === undefined ? 1 : 0;
}
