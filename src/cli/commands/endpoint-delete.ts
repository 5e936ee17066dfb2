import type { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

export function endpointDeleteCommand(terminal: Terminal): Command {
  const command = listingCommand("delete", "delete an endpoint; ends when no data plane lets its traffic through")
    .argument("<endpoint>", "name of the endpoint")
    .action(async (name: string, options: SocketOptions & { output?: OutputFormat }) => {
      await clientFor(options, terminal).deleteEndpoint(name);
      terminal.out(formatOutput({ name }, options.output, () => `deleted ${printable(name)}\n`));
    });
  return withExample(command, "weir endpoint delete web");
}
