import { Command, InvalidArgumentError } from "commander";
import type { MetricSample } from "../../api/rest.ts";
import { compileRegex, type Regex } from "../../lib/regex/regex.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** Each may be of the longest kind; nobody writes so many. */
const PATTERNS_MAX = 64;

interface ListOptions extends SocketOptions, TableOptions {
  readonly matchPattern?: readonly Regex[];
}

export function metricsCommands(terminal: Terminal): Command {
  const list = tableCommand("list", "list metrics, one line per series; of a histogram its sum and count")
    .argument("[regex...]", "as with --match-pattern", addPattern)
    .option(
      "-p, --match-pattern <regex>",
      'only series in whose text, name{label="value"}, this matches (RE2 syntax); may be given several times',
      addPattern,
    )
    .action(async (named: readonly Regex[], options: ListOptions) => {
      const { matchPattern = [], output, headers = true, ...socket } = options;
      const all = await clientFor(socket, terminal).metrics();
      const patterns = [...named, ...matchPattern];
      const samples = all.filter(
        (sample) => patterns.length === 0 || patterns.some((pattern) => pattern.test(seriesText(sample))),
      );
      const rows = samples.map(({ name, labels, value }) => [name, labelTexts(labels).join(" "), value.toFixed(6)]);
      terminal.out(formatOutput(samples, output, () => formatTable(["METRIC", "LABELS", "VALUE"], rows, { headers })));
    });
  return new Command("metrics")
    .description("show metrics")
    .addCommand(withExample(list, "weir metrics list requests_total", "weir metrics list -p '^weir_.*audit'"));
}

function addPattern(text: string, before: readonly Regex[] = []): readonly Regex[] {
  if (before.length >= PATTERNS_MAX) throw new InvalidArgumentError(`At most ${PATTERNS_MAX} patterns can be given.`);
  // A variable of a script that was never set.
  if (text === "") throw new InvalidArgumentError("It is empty: give an expression, or leave the option out.");
  const compiled = compileRegex(text);
  if ("error" in compiled) {
    throw new InvalidArgumentError(`${compiled.error.charAt(0).toUpperCase()}${compiled.error.slice(1)}`);
  }
  return [...before, compiled.regex];
}

/** As Prometheus writes it. */
function seriesText({ name, labels }: MetricSample): string {
  const texts = labelTexts(labels);
  return texts.length === 0 ? name : `${name}{${texts.join(",")}}`;
}

function labelTexts(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
}
