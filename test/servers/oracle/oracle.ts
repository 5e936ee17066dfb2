import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { CassandraProgram } from "../../../scripts/ensure-cassandra.ts";

const SOURCE = fileURLToPath(new URL("Oracle.java", import.meta.url));
const LOGGING = fileURLToPath(new URL("logback.xml", import.meta.url));
const HEAP = "512m";

/** What the server's parser found: names by the field that holds them, each a keyspace and a name. */
export interface StatementReport {
  /** Without the package. */
  readonly class: string;
  readonly names: Readonly<Record<string, readonly [keyspace: string | null, name: string | null]>>;
  readonly conditional: boolean;
  readonly children: readonly StatementReport[];
}

export interface Accepted extends StatementReport {
  readonly accepted: true;
  /** The first tokens, as the grammar calls them. */
  readonly words: readonly string[];
}

export interface Refused {
  readonly accepted: false;
  /** The exception. */
  readonly kind: string;
  readonly message: string;
}

/** What the parser of a real Cassandra says to each of the texts. */
export async function askOracle(program: CassandraProgram, texts: readonly Buffer[]): Promise<(Accepted | Refused)[]> {
  const options = [`-Xmx${HEAP}`, `-Dlogback.configurationFile=${LOGGING}`, "-cp", `${program.jars}/*`];
  await using oracle = startJava(program.java, [...options, SOURCE]);
  const { stdin, stdout, stderr } = oracle.process;
  const errors = text(stderr);
  // It answers while it is asked.
  stdin.on("error", () => {});
  stdin.end(texts.map((bytes) => `${bytes.toString("base64")}\n`).join(""));
  const answers: (Accepted | Refused)[] = [];
  for await (const line of createInterface({ input: stdout })) answers.push(JSON.parse(line) as Accepted | Refused);
  if (answers.length === texts.length) return answers;
  throw new Error(`the oracle answered ${answers.length} of ${texts.length} questions: ${await errors}`);
}

function startJava(java: string, parameters: readonly string[]) {
  const process = spawn(java, parameters, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(process, "close");
  return {
    process,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await ended;
    },
  };
}
