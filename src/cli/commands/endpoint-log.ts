import type { Command } from "commander";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function endpointLogCommand(terminal: Terminal): Command {
  const command = tableCommand("log", "show what happened to an endpoint lately")
    .argument("<endpoint>", "name of the endpoint")
    .action(async (name: string, options: SocketOptions & TableOptions) => {
      const log = await clientFor(options, terminal).endpointLog(name);
      const rows = log.map(({ time, state, message }) => [time, state, message]);
      terminal.out(formatOutput(log, options.output, () => formatTable(["TIME", "STATE", "MESSAGE"], rows, options)));
    });
  return withExample(command, "weir endpoint log memcached");
}
