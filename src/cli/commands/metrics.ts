import { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function metricsCommands(terminal: Terminal): Command {
  const list = listingCommand("list", "list metrics, one line per series")
    .argument("[pattern]", "only metrics whose name contains this text")
    .action(async (pattern: string | undefined, options: SocketOptions & { output?: OutputFormat }) => {
      const all = await clientFor(options, terminal).metrics();
      const samples = all.filter(({ name }) => pattern === undefined || name.includes(pattern));
      const rows = samples.map(({ name, labels, value }) => [name, labelText(labels), value.toFixed(6)]);
      terminal.out(formatOutput(samples, options.output, () => formatTable(["METRIC", "LABELS", "VALUE"], rows)));
    });
  return new Command("metrics")
    .description("show metrics")
    .addCommand(withExample(list, "weir metrics list policy_l7"));
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(" ");
}
