import type { Command } from "commander";
import type { PolicyText } from "../../api/rest.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { printWarnings } from "../warnings.ts";

interface ImportOptions extends SocketOptions {
  readonly output?: OutputFormat;
}

export function policyImportCommand(terminal: Terminal): Command {
  const command = listingCommand("import", "put documents in force; one that is there already is replaced")
    .argument("<file...>", "YAML or JSON files; `-` reads standard input")
    .action(async (files: string[], options: ImportOptions) => {
      const client = clientFor(options, terminal);
      const texts: PolicyText[] = [];
      for (const file of files) texts.push({ source: file, text: await terminal.read(file) });
      // One change: a mistake or a name that is taken in the last file must not leave half of them in force.
      const { revision, policies, warnings } = await client.importPolicies(texts);
      printWarnings(warnings, terminal);
      terminal.out(
        formatOutput({ revision, policies, warnings }, options.output, () =>
          printable(`revision ${revision}: ${policies.join(", ")}`).concat("\n"),
        ),
      );
    });
  return withExample(command, "weir policy import policies/*.yaml");
}
