import type { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { endpointText } from "../endpoint-text.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

export function endpointGetCommand(terminal: Terminal): Command {
  const command = listingCommand("get", "show one endpoint, with what each data plane made of its policy")
    .argument("<endpoint>", "name of the endpoint")
    .action(async (name: string, options: SocketOptions & { output?: OutputFormat }) => {
      const endpoint = await clientFor(options, terminal).endpoint(name);
      terminal.out(formatOutput(endpoint, options.output, () => endpointText(endpoint)));
    });
  return withExample(command, "weir endpoint get memcached", "weir endpoint get memcached -o yaml");
}
