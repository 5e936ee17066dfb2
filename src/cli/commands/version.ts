import { Command } from "commander";
import { packageVersion } from "../../lib/version.ts";
import { withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat, outputOption } from "../output.ts";
import type { Terminal } from "../terminal.ts";

export function versionCommand(terminal: Terminal): Command {
  const command = new Command("version")
    .description("print the version of weir and of the Node that runs it")
    .addOption(outputOption())
    .action((options: { output?: OutputFormat }) => {
      const versions = { weir: packageVersion(), node: process.version };
      terminal.out(formatOutput(versions, options.output, () => `weir ${versions.weir} (Node ${versions.node})\n`));
    });
  return withExample(command, "weir version -o json");
}
