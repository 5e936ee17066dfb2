import type { Command } from "commander";
import { toldLabels } from "../../api/told-labels.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface ListOptions extends SocketOptions, TableOptions {
  readonly label: readonly string[];
}

export function identityListCommand(terminal: Terminal): Command {
  const command = tableCommand("list", "list the identities in use, reserved ones included")
    .option("--label <label>", "only those with this label; may be given several times", collected, [])
    .action(async (options: ListOptions) => {
      const identities = await clientFor(options, terminal).identities(options.label);
      const rows = identities.map(({ id, labels }) => [id, toldLabels(labels)]);
      terminal.out(formatOutput(identities, options.output, () => formatTable(["ID", "LABELS"], rows, options)));
    });
  return withExample(command, "weir identity list", "weir identity list --label app=memcached");
}
