import type { Command } from "commander";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { endpointText } from "../endpoint-text.ts";
import { observedPorts } from "../observed-ports.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { printNotes } from "../warnings.ts";

interface AddOptions extends SocketOptions {
  readonly output?: OutputFormat;
  readonly address: readonly string[];
  readonly label: readonly string[];
  readonly audit?: boolean;
  readonly observe: readonly string[];
  readonly observeEgress: readonly string[];
}

export function endpointAddCommand(terminal: Terminal): Command {
  const command = listingCommand("add", "add an endpoint; ends when its policy is in force")
    .argument("<name>", "name of the new endpoint")
    .option("--address <address>", "an address by which it is known; may be given several times", collected, [])
    .option("--label <label>", "`key=value` or `source:key=value`; may be given several times", collected, [])
    .option("--audit", "what policy would refuse passes, and is recorded")
    .option(
      "--observe <port=extension>",
      "have an extension read a port that no policy asks for; may be given several times",
      collected,
      [],
    )
    .option("--observe-egress <port=extension>", "the same for connections that it opens", collected, [])
    .action(async (name: string, options: AddOptions) => {
      const endpoint = await clientFor(options, terminal).addEndpoint(name, {
        addresses: options.address,
        labels: options.label,
        audit: options.audit === true,
        observe: observedPorts(options.observe),
        observeEgress: observedPorts(options.observeEgress),
      });
      terminal.out(formatOutput(endpoint, options.output, () => endpointText(endpoint)));
      printNotes(endpoint.warnings, terminal);
    });
  return withExample(command, "weir endpoint add web --address 10.1.2.3 --label app=web");
}
