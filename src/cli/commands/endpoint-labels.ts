import type { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { printNotes } from "../warnings.ts";

interface LabelsOptions extends SocketOptions {
  readonly output?: OutputFormat;
  readonly add: readonly string[];
  readonly delete: readonly string[];
}

export function endpointLabelsCommand(terminal: Terminal): Command {
  const command = listingCommand(
    "labels",
    "show an endpoint's labels, or add and delete some: other labels, other identity",
  )
    .argument("<endpoint>", "name of the endpoint")
    .option(
      "-a, --add <label>",
      "`key=value`; replaces the label of its key; may be given several times",
      collected,
      [],
    )
    .option("-d, --delete <label>", "`key` or `key=value`; may be given several times", collected, [])
    .action(async (name: string, options: LabelsOptions) => {
      const client = clientFor(options, terminal);
      const change = { add: options.add, delete: options.delete };
      const changes = change.add.length + change.delete.length > 0;
      const endpoint = changes ? await client.changeEndpointLabels(name, change) : await client.endpoint(name);
      const { identity, labels, informationalLabels } = endpoint;
      const text = (): string =>
        [`identity ${identity}`, ...labels, ...informationalLabels.map(inBrackets)].map(line).join("");
      terminal.out(formatOutput({ identity, labels, informationalLabels }, options.output, text));
      printNotes(endpoint.warnings, terminal);
    });
  return withExample(
    command,
    "weir endpoint labels memcached",
    "weir endpoint labels memcached -a tier=cache -d stage",
  );
}

/** Says something of the endpoint, and nothing of who it is. */
function inBrackets(label: string): string {
  return `(${label})`;
}

function line(text: string): string {
  return `${printable(text)}\n`;
}
