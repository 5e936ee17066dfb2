import type { Command } from "commander";
import type { EndpointSummary } from "../../api/rest.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { enforcementText, revisionText } from "../endpoint-text.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

const HEADER = ["ENDPOINT", "INGRESS", "EGRESS", "IDENTITY", "LABELS", "ADDRESSES", "REVISION", "STATUS"];

export function endpointListCommand(terminal: Terminal): Command {
  const command = tableCommand(
    "list",
    "list the endpoints, their identities and whether their policy is in force",
  ).action(async (options: SocketOptions & TableOptions) => {
    const endpoints = await clientFor(options, terminal).endpoints();
    const table = (): string => formatTable(HEADER, endpoints.map(row), options);
    terminal.out(formatOutput(endpoints, options.output, table));
  });
  return withExample(command, "weir endpoint list", "weir endpoint list --no-headers");
}

function row(endpoint: EndpointSummary) {
  return [
    endpoint.name,
    enforcementText(endpoint, "ingress"),
    enforcementText(endpoint, "egress"),
    endpoint.identity,
    endpoint.labels,
    endpoint.addresses,
    revisionText(endpoint.revision),
    endpoint.failure === undefined ? endpoint.state : [endpoint.state, endpoint.failure],
  ];
}
