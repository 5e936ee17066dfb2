import { type Command, InvalidArgumentError } from "commander";
import type { IdentitySummary } from "../../api/rest.ts";
import { WeirError } from "../../lib/error.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface GetOptions extends SocketOptions, TableOptions {
  readonly label: readonly string[];
}

export function identityGetCommand(terminal: Terminal): Command {
  const command = tableCommand("get", "show the identity of a number, or those of labels; fails where there is none")
    .argument("[id]", "number of the identity")
    .option(
      "--label <label>",
      "instead of a number: all identities with this label; may be given several times",
      collected,
      [],
    )
    .action(async (id: string | undefined, options: GetOptions) => {
      const identities = await found(id, options, terminal);
      const rows = identities.map(({ id, labels }) => [id, labels]);
      terminal.out(formatOutput(identities, options.output, () => formatTable(["ID", "LABELS"], rows, options)));
    });
  return withExample(command, "weir identity get 2", "weir identity get --label app=memcached");
}

async function found(
  id: string | undefined,
  options: GetOptions,
  terminal: Terminal,
): Promise<readonly IdentitySummary[]> {
  if ((id === undefined) === (options.label.length === 0)) {
    throw new InvalidArgumentError("give the number of an identity, or labels with --label");
  }
  const client = clientFor(options, terminal);
  if (id !== undefined) {
    if (!/^\d{1,10}$/.test(id))
      throw new InvalidArgumentError(`${JSON.stringify(id)} is not the number of an identity`);
    return [await client.identity(Number(id))];
  }
  const identities = await client.identities(options.label);
  if (identities.length > 0) return identities;
  throw new WeirError(
    "WEIR_IDENTITY_NOT_FOUND",
    `no identity has ${options.label.join(", ")}; \`weir identity list\` lists them`,
  );
}
