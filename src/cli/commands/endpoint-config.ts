import { type Command, InvalidArgumentError } from "commander";
import type { EndpointChange } from "../../api/rest.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { assignments } from "../assignments.ts";
import { observedPorts } from "../observed-ports.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export function endpointConfigCommand(terminal: Terminal): Command {
  const command = listingCommand("config", "show an endpoint's options, or change them")
    .argument("<endpoint>", "name of the endpoint")
    .argument("[option=value...]", "`audit=enable|disable`, `observe=PORT=EXTENSION,…`, `observe=` for none")
    .action(async (name: string, texts: string[], options: SocketOptions & { output?: OutputFormat }) => {
      const client = clientFor(options, terminal);
      const change = readChange(texts);
      const endpoint = texts.length > 0 ? await client.changeEndpoint(name, change) : await client.endpoint(name);
      const { audit, observe } = endpoint;
      const ports = Object.entries(observe).map(([port, extension]) => `${port}=${extension}`);
      const rows = [
        ["audit", audit ? "enable" : "disable"],
        ["observe", ports.join(",")],
      ];
      terminal.out(formatOutput({ audit, observe }, options.output, () => formatTable(["OPTION", "VALUE"], rows)));
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

function readChange(texts: readonly string[]): Pick<EndpointChange, "audit" | "observe"> {
  const given = assignments(texts, ["audit", "observe"]);
  const audit = given.get("audit");
  const observe = given.get("observe");
  if (audit !== undefined && !Object.hasOwn(SWITCH, audit)) {
    throw new InvalidArgumentError(`audit is \`enable\` or \`disable\`, not ${JSON.stringify(audit)}`);
  }
  return {
    ...(audit === undefined ? {} : { audit: SWITCH[audit] === true }),
    ...(observe === undefined ? {} : { observe: observedPorts(observe.split(",").filter((text) => text !== "")) }),
  };
}
