import { createReadStream } from "node:fs";
import { reasonOf, WeirError } from "../../lib/error.ts";
import { Suggestion, type SuggestionOptions } from "../../policy/suggest/suggestion.ts";
import { loadConfig } from "../config/load-config.ts";
import { createRegistry } from "../create-registry.ts";
import { suggestLines, TOO_LONG } from "./suggest-lines.ts";

/** Names standard input, as a file. */
const STANDARD_INPUT = "-";

export interface SuggestPolicyOptions extends Omit<SuggestionOptions, "extensions" | "source"> {
  /** Names the access log, and the extensions that are known beside the built-in ones. */
  readonly configFile: string | undefined;
  /** Files with records, in this order; `-`: standard input. Empty: that of the configuration. */
  readonly accessLogs: readonly string[];
}

export interface SuggestedPolicy {
  /** YAML. */
  readonly text: string;
  /** What the reader should know beside what the text's comments say. */
  readonly warnings: readonly string[];
}

/**
 * Makes policy from access logs, line by line, without an agent. Throws WEIR_FILE_UNREADABLE, WEIR_CONFIG_INVALID where the
 * configuration has no access log, and WEIR_NOTHING_OBSERVED.
 */
export async function suggestPolicy(options: SuggestPolicyOptions): Promise<SuggestedPolicy> {
  const { configFile, ...rest } = options;
  const config = configFile === undefined ? undefined : await loadConfig(configFile);
  const registry = await createRegistry(config);
  const accessLogs = options.accessLogs.length > 0 ? options.accessLogs : [config?.accessLog];
  const files = accessLogs.filter((file) => file !== undefined);
  if (files.length === 0) {
    const where = configFile === undefined ? "no configuration" : `${configFile} has no \`accessLog\``;
    throw new WeirError("WEIR_CONFIG_INVALID", `${where}: say with --access-log where the records are`);
  }
  const source = files.map((file) => (file === STANDARD_INPUT ? "standard input" : file)).join(", ");
  const fixedIdentities = new Set(config?.fixedIdentities.keys());
  const suggestion = new Suggestion({ ...rest, extensions: registry.declarations(), fixedIdentities, source });
  for (const file of files) await readInto(suggestion, file);
  const { counts } = suggestion;
  const text = suggestion.text();
  if (text === undefined) throw nothing(suggestion, source);
  const warnings: string[] = [];
  if (counts.foreign > 0)
    warnings.push(`${counts.foreign} lines of ${source} are no records of weir; they were passed over`);
  if (counts.lost > 0)
    warnings.push(`${counts.lost} records were lost before they were read: the policy may lack what they showed`);
  return { text, warnings: [...warnings, ...suggestion.notes()] };
}

async function readInto(suggestion: Suggestion, file: string): Promise<void> {
  const pieces = file === STANDARD_INPUT ? process.stdin : createReadStream(file);
  try {
    for await (const line of suggestLines(pieces)) {
      if (line !== "") suggestion.add(line === TOO_LONG ? undefined : parsed(line));
    }
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new WeirError("WEIR_FILE_UNREADABLE", `cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** undefined, which is no record: it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function nothing(suggestion: Suggestion, source: string): WeirError {
  const { counts } = suggestion;
  const reasons = [
    ...(counts.used > 0 ? suggestion.notes() : []),
    ...(counts.denied > 0 ? [`${counts.denied} records tell of what was refused: --include-denied takes them.`] : []),
    ...(counts.foreign > 0 ? [`${counts.foreign} lines are no records of weir.`] : []),
  ];
  const hint = reasons.length > 0 ? reasons.join(" ") : "Look at --endpoint and --since.";
  return new WeirError("WEIR_NOTHING_OBSERVED", `nothing in ${source} can become policy. ${hint}`);
}
