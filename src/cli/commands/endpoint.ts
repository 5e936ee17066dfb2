import { Command } from "commander";
import type { EndpointSummary } from "../../api/rest.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function endpointCommands(terminal: Terminal): Command {
  const list = listingCommand(
    "list",
    "list the endpoints, their identities and whether their policy is in force",
  ).action(async (options: SocketOptions & { output?: OutputFormat }) => {
    const endpoints = await clientFor(options, terminal).endpoints();
    terminal.out(formatOutput(endpoints, options.output, () => endpointTable(endpoints)));
  });
  return new Command("endpoint").description("show endpoints").addCommand(withExample(list, "weir endpoint list"));
}

function endpointTable(endpoints: readonly EndpointSummary[]): string {
  const header = ["ENDPOINT", "INGRESS", "EGRESS", "IDENTITY", "LABELS", "ADDRESSES", "REVISION", "STATUS"];
  return formatTable(
    header,
    endpoints.map((endpoint) => [
      endpoint.name,
      enforcement(endpoint.enforcement.ingress),
      enforcement(endpoint.enforcement.egress),
      endpoint.identity,
      endpoint.labels,
      endpoint.addresses,
      revision(endpoint),
      endpoint.failure === undefined ? endpoint.state : [endpoint.state, endpoint.failure],
    ]),
  );
}

function enforcement(enabled: boolean): string {
  return enabled ? "Enabled" : "Disabled";
}

function revision({ revision: { wanted, realized } }: EndpointSummary): string {
  return realized === wanted ? String(realized) : `${realized} of ${wanted}`;
}
