import { Command, InvalidArgumentError } from "commander";
import { clientFor, pathOption, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { policySuggester } from "./agent.ts";

interface SuggestOptions extends SocketOptions {
  readonly accessLog: readonly string[];
  readonly endpoint: readonly string[];
  readonly since?: number;
  readonly includeDenied?: boolean;
  readonly maxKeys: number;
  readonly audit?: boolean;
  readonly name?: string;
}

const STANDARD_INPUT = "-";
const MAX_KEYS_DEFAULT = 3;
const MAX_KEYS_MAX = 100;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function policySuggestCommand(terminal: Terminal): Command {
  const command = new Command("suggest")
    .description("write the smallest policy that allows what the access log shows")
    .option(
      "--access-log <file>",
      "read this instead of the agent's; `-`: standard input; may be given several times",
      collectPath,
      [],
    )
    .option("--config <file>", "the agent's configuration: names its access log and its extensions", pathOption)
    .option("--socket <path>", "the agent's socket, to ask for its configuration", pathOption)
    .option("--endpoint <name>", "only for this endpoint; may be given several times", collected, [])
    .option("--since <time>", "only what happened since then: 30m, 12h, 7d, or 2026-01-31T12:00:00Z", since)
    .option("--include-denied", "allow what was refused, too")
    .option("--max-keys <n>", "list so many keys before a prefix stands for them", maxKeys, MAX_KEYS_DEFAULT)
    .option("--audit", "make it a policy that is audited, not enforced")
    .option("--name <name>", "of the document (default: ENDPOINT-suggested)", documentName)
    .action(async (options: SuggestOptions) => {
      const { accessLog: accessLogs, endpoint, since: sinceMs, includeDenied, maxKeys: listMax, audit, name } = options;
      // The agent knows its configuration, which knows the rest.
      const configFile =
        options.config ??
        (accessLogs.length > 0 ? undefined : (await clientFor(options, terminal).status()).agent.config);
      const suggest = await policySuggester();
      // Whoever writes the pipe ends with Ctrl-C, too; what it has written by then is what is wanted.
      if (accessLogs.includes(STANDARD_INPUT)) terminal.interruption();
      const { text, warnings } = await suggest({
        configFile,
        accessLogs,
        endpoints: new Set(endpoint),
        sinceMs,
        includeDenied: includeDenied ?? false,
        listMax,
        audit: audit ?? false,
        name,
      });
      for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`);
      terminal.out(text);
    });
  return withExample(
    command,
    "weir policy suggest --endpoint memcached --since 1h",
    "weir monitor -o json | weir policy suggest --access-log -",
  );
}

function collectPath(text: string, before: readonly string[]): readonly string[] {
  return collected(pathOption(text), before);
}

function since(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Date.now() - Number(count) * (UNIT_MS[unit] as number);
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError("Write how long ago, like 30m, 12h or 7d, or a time of RFC 3339.");
  return time;
}

function maxKeys(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= MAX_KEYS_MAX)) throw new InvalidArgumentError(`Write a number from 0 to ${MAX_KEYS_MAX}.`);
  return count;
}

function documentName(text: string): string {
  if (text.length <= 200 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError(
    "Use at most 200 lower-case letters, digits and `-`, a letter or digit first and last.",
  );
}
