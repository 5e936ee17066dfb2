import type { Command } from "commander";
import type { PolicyChange } from "../../api/rest.ts";
import { WeirError } from "../../lib/error.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

interface DeleteOptions extends SocketOptions {
  readonly output?: OutputFormat;
}

export function policyDeleteCommand(terminal: Terminal): Command {
  const command = listingCommand("delete", "delete documents that were imported; those of files go with their files")
    .argument("<policy...>", "`name` or `namespace/name`")
    .action(async (names: string[], options: DeleteOptions) => {
      const client = clientFor(options, terminal);
      const changes: PolicyChange[] = [];
      const failures: WeirError[] = [];
      for (const name of names) {
        try {
          changes.push(await client.deletePolicy(name));
        } catch (error) {
          if (!(error instanceof WeirError)) throw error;
          // The others are wanted gone all the same, and what is gone must be told.
          failures.push(error);
        }
      }
      const result = {
        revision: changes.at(-1)?.revision ?? 0,
        policies: changes.flatMap((change) => change.policies),
      };
      if (changes.length > 0) {
        terminal.out(
          formatOutput(result, options.output, () =>
            printable(`revision ${result.revision}: deleted ${result.policies.join(", ")}`).concat("\n"),
          ),
        );
      }
      const [first] = failures;
      const messages = new Set(failures.map(({ message }) => message));
      if (first !== undefined) throw new WeirError(first.code, [...messages].join("\n"));
    });
  return withExample(command, "weir policy delete secure-rebel-alliance-memcache");
}
