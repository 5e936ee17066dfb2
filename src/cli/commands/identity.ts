import { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function identityCommands(terminal: Terminal): Command {
  const list = listingCommand("list", "list the identities in use, reserved ones included").action(
    async (options: SocketOptions & { output?: OutputFormat }) => {
      const identities = await clientFor(options, terminal).identities();
      const rows = identities.map(({ id, labels }) => [id, labels]);
      terminal.out(formatOutput(identities, options.output, () => formatTable(["ID", "LABELS"], rows)));
    },
  );
  return new Command("identity").description("show identities").addCommand(withExample(list, "weir identity list"));
}
