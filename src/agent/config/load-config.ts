import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import { type ApiProblem, SOCKET_NAME, SOCKET_PATH_BYTES_MAX } from "../../api/rest.ts";
import type { ExtensionSpec } from "../../host/bootstrap.ts";
import { type LabelExpression, LabelFilter } from "../../labels/label-filter.ts";
import { WeirError } from "../../lib/error.ts";
import type { AgentConfig } from "./config.ts";
import { configSchema, keysAt, type RawConfig } from "./config-schema.ts";
import { ConfigSource } from "./config-source.ts";
import { crossCheck } from "./cross-checks.ts";
import { checkExtensions } from "./extension-checks.ts";
import { extensionMentions } from "./extension-mentions.ts";
import { toExtensionLimits } from "./extension-schema.ts";
import { checkLabels, readFixedIdentities } from "./identity-checks.ts";
import { readLabelPrefixFile } from "./label-prefix-file.ts";
import { reportIssue } from "./report-issue.ts";

const FILE_BYTES_MAX = 1_048_576;

/** Reads and checks a configuration file. Throws WEIR_CONFIG_INVALID with all problems and their places. */
export async function loadConfig(file: string): Promise<AgentConfig> {
  const path = resolve(file);
  return parseConfig(path, await readBounded(path));
}

/** @param file Absolute; paths in the text are relative to its directory. */
export function parseConfig(file: string, text: string): AgentConfig {
  const source = new ConfigSource(file, text);
  if (source.problems.length > 0) throw invalid(source.problems);
  const parsed = configSchema.safeParse(source.value, { reportInput: true });
  if (!parsed.success) for (const issue of parsed.error.issues) reportIssue(source, issue, keysAt);
  crossCheck(source);
  checkExtensions(source);
  checkStateDir(source, file);
  const fixed = readFixedIdentities(source);
  checkLabels(source, fixed);
  const labels = labelPrefixes(source, file);
  const problems = [...source.problems, ...labels.problems];
  if (problems.length > 0 || parsed.data === undefined) throw invalid(problems);
  const { identityLabels, ...raw } = parsed.data;
  return {
    ...absolute(file, raw),
    labelFilter: LabelFilter.of(labels.expressions, identityLabels),
    fixedIdentities: fixed,
    extensionMentions: extensionMentions(source),
  };
}

interface LabelPrefixes {
  /** undefined: there is no file, or it cannot be used. */
  readonly expressions: readonly LabelExpression[] | undefined;
  readonly problems: readonly ApiProblem[];
}

function labelPrefixes(source: ConfigSource, file: string): LabelPrefixes {
  const { identityLabelsFile: name } = (source.value ?? {}) as { readonly identityLabelsFile?: unknown };
  if (typeof name !== "string" || name === "") return { expressions: undefined, problems: [] };
  const read = readLabelPrefixFile(resolve(dirname(file), name));
  if (!("error" in read)) return read;
  source.report(["identityLabelsFile"], read.error);
  return { expressions: undefined, problems: [] };
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

type Checked = "labelFilter" | "fixedIdentities" | "extensionMentions";

function absolute(file: string, raw: Omit<RawConfig, "identityLabels">): Omit<AgentConfig, Checked> {
  const directory = dirname(file);
  const {
    identityLabelsFile: _,
    fixedIdentities: __,
    extensions,
    extensionHosts,
    accessLog,
    prometheusListen,
    stateDir,
    ...rest
  } = raw;
  return {
    ...rest,
    file,
    directory,
    stateDir: resolve(directory, stateDir),
    extensions: extensions.map((extension) => withAbsolutePaths(extension, directory)),
    extensionLimits: toExtensionLimits(extensionHosts),
    accessLog: accessLog === undefined ? undefined : resolve(directory, accessLog),
    prometheusListen,
  };
}

function withAbsolutePaths(extension: ExtensionSpec, directory: string): ExtensionSpec {
  const { read, write } = extension.allow;
  const absolutePaths = (paths: readonly string[]): readonly string[] => paths.map((path) => resolve(directory, path));
  return { ...extension, allow: { ...extension.allow, read: absolutePaths(read), write: absolutePaths(write) } };
}

function invalid(found: readonly ApiProblem[]): ProblemsError {
  const problems = found.toSorted(
    (one, other) =>
      Number(one.source > other.source) - Number(one.source < other.source) ||
      one.line - other.line ||
      one.column - other.column,
  );
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
