import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import { SOCKET_NAME, SOCKET_PATH_BYTES_MAX } from "../../api/rest.ts";
import { WeirError } from "../../lib/error.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { AgentConfig } from "./config.ts";
import { configSchema, keysAt, type RawConfig } from "./config-schema.ts";
import { ConfigSource } from "./config-source.ts";
import { crossCheck } from "./cross-checks.ts";

const FILE_BYTES_MAX = 1_048_576;

/** Reads and checks a configuration file. Throws WEIR_CONFIG_INVALID with all problems and their places. */
export async function loadConfig(file: string): Promise<AgentConfig> {
  const path = resolve(file);
  return parseConfig(path, await readBounded(path));
}

/** @param file Absolute; paths in the text are relative to its directory. */
export function parseConfig(file: string, text: string): AgentConfig {
  const source = new ConfigSource(file, text);
  if (source.problems.length > 0) throw invalid(source);
  const parsed = configSchema.safeParse(source.value, { reportInput: true });
  if (!parsed.success) for (const issue of parsed.error.issues) reportIssue(source, issue);
  crossCheck(source);
  checkStateDir(source, file);
  if (source.problems.length > 0 || parsed.data === undefined) throw invalid(source);
  return absolute(file, parsed.data);
}

/** The agent's socket lies there: told now, before anything is made. */
function checkStateDir(source: ConfigSource, file: string): void {
  const { stateDir } = (source.value ?? {}) as { readonly stateDir?: unknown };
  const path = resolve(dirname(file), typeof stateDir === "string" ? stateDir : configSchema.parse({}).stateDir);
  const bytes = Buffer.byteLength(path);
  const bytesMax = SOCKET_PATH_BYTES_MAX - `/${SOCKET_NAME}`.length;
  if (bytes <= bytesMax) return;
  source.report(
    ["stateDir"],
    `the path of the state directory, ${path}, has ${bytes} bytes: at most ${bytesMax} leave room for the agent's socket`,
    "give a shorter one, for example /run/weir",
  );
}

function absolute(file: string, raw: RawConfig): AgentConfig {
  const directory = dirname(file);
  const { hosts: _, accessLog, prometheusListen, stateDir, ...rest } = raw;
  return {
    ...rest,
    file,
    directory,
    stateDir: resolve(directory, stateDir),
    accessLog: accessLog === undefined ? undefined : resolve(directory, accessLog),
    prometheusListen,
  };
}

function reportIssue(source: ConfigSource, issue: z.core.$ZodIssue): void {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const known = keysAt(issue.path);
      const hint = didYouMean(key, known) ?? `known keys: ${known.join(", ")}`;
      source.reportKey([...issue.path, key], `unknown key \`${key}\``, hint);
    }
    return;
  }
  const key = issue.path.at(-1);
  if (issue.code === "invalid_type" && issue.input === undefined) {
    source.report(issue.path, `\`${String(key)}\` is missing`);
  } else if (issue.code === "invalid_value" && issue.values.length > 1) {
    const hint = typeof issue.input === "string" ? didYouMean(issue.input, issue.values.map(String)) : undefined;
    source.report(issue.path, `\`${String(key)}\` must be one of ${issue.values.join(", ")}`, hint);
  } else if (issue.code === "invalid_type") {
    source.report(issue.path, `${key === undefined ? "the file" : `\`${String(key)}\``} must be ${a(issue.expected)}`);
  } else {
    source.report(issue.path, typeof key === "string" ? `\`${key}\`: ${issue.message}` : issue.message);
  }
}

function a(type: string): string {
  const names: Record<string, string> = {
    array: "a list",
    object: "a mapping",
    record: "a mapping",
    string: "a text",
    number: "a number",
    int: "a whole number",
  };
  return names[type] ?? type;
}

function invalid(source: ConfigSource): ProblemsError {
  const problems = source.problems.toSorted((one, other) => one.line - other.line || one.column - other.column);
  const list = problems.map((problem) => `  ${formatApiProblem(problem)}`).join("\n");
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new ProblemsError("WEIR_CONFIG_INVALID", `the configuration has ${count}:\n${list}`, problems);
}

async function readBounded(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
  } catch (error) {
    throw new WeirError("WEIR_CONFIG_INVALID", `cannot read the configuration ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
