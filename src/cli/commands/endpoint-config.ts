import { type Command, InvalidArgumentError } from "commander";
import type { EndpointChange, ObservedPorts } from "../../api/rest.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { assignments } from "../assignments.ts";
import { observedPorts } from "../observed-ports.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printNotes } from "../warnings.ts";

export function endpointConfigCommand(terminal: Terminal): Command {
  const command = listingCommand("config", "show an endpoint's options, or change them")
    .argument("<endpoint>", "name of the endpoint")
    .argument(
      "[option=value...]",
      "`audit=enable|disable`, `observe=PORT=EXTENSION,…`, `observeEgress=…`; `observe=` for none",
    )
    .action(async (name: string, texts: string[], options: SocketOptions & { output?: OutputFormat }) => {
      const client = clientFor(options, terminal);
      const change = readChange(texts);
      const endpoint = texts.length > 0 ? await client.changeEndpoint(name, change) : await client.endpoint(name);
      const { audit, observe, observeEgress = {} } = endpoint;
      const rows = [
        ["audit", audit ? "enable" : "disable"],
        ["observe", portsText(observe)],
        ["observeEgress", portsText(observeEgress)],
      ];
      const table = (): string => formatTable(["OPTION", "VALUE"], rows);
      terminal.out(formatOutput({ audit, observe, observeEgress }, options.output, table));
      printNotes(endpoint.warnings, terminal);
    });
  return withExample(
    command,
    "weir endpoint config memcached",
    "weir endpoint config memcached audit=enable observe=11211=memcache",
  );
}

const SWITCH: Readonly<Record<string, boolean>> = {
  enable: true,
  true: true,
  on: true,
  disable: false,
  false: false,
  off: false,
};

function portsText(ports: ObservedPorts): string {
  return Object.entries(ports)
    .map(([port, extension]) => `${port}=${extension}`)
    .join(",");
}

function readChange(texts: readonly string[]): Pick<EndpointChange, "audit" | "observe" | "observeEgress"> {
  const given = assignments(texts, ["audit", "observe", "observeEgress"]);
  const audit = given.get("audit");
  if (audit !== undefined && !Object.hasOwn(SWITCH, audit)) {
    throw new InvalidArgumentError(`audit is \`enable\` or \`disable\`, not ${JSON.stringify(audit)}`);
  }
  const ports = (name: string): ObservedPorts | undefined => {
    const text = given.get(name);
    return text === undefined ? undefined : observedPorts(text.split(",").filter((one) => one !== ""));
  };
  const [observe, observeEgress] = [ports("observe"), ports("observeEgress")];
  return {
    ...(audit === undefined ? {} : { audit: SWITCH[audit] === true }),
    ...(observe === undefined ? {} : { observe }),
    ...(observeEgress === undefined ? {} : { observeEgress }),
  };
}
