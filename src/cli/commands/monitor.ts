import { type Command, Option } from "commander";
import { formatRecordLine } from "../../api/record-format.ts";
import type { MonitorItem } from "../../client/client.ts";
import { agentCommand, clientFor, withExample } from "../agent-command.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

interface MonitorOptions extends SocketOptions {
  readonly json?: boolean;
}

export function monitorCommand(terminal: Terminal): Command {
  const command = agentCommand("monitor", "show decisions as they are taken, until Ctrl-C")
    .addOption(new Option("-t, --type <type>", "kind of events").choices(["l7"]).default("l7"))
    .option("-j, --json", "one JSON object a line, as in the access log")
    .action(async (options: MonitorOptions) => {
      const interrupted = terminal.interruption();
      const items = await clientFor(options, terminal).monitor(interrupted);
      terminal.err("listening for decisions; Ctrl-C ends\n");
      for await (const item of items) {
        terminal.out(`${options.json === true ? JSON.stringify(item) : formatItem(item)}\n`);
      }
      if (!interrupted.aborted) terminal.err("the agent has ended\n");
    });
  return withExample(command, "weir monitor -t l7", "weir monitor --json | grep Denied");
}

function formatItem(item: MonitorItem): string {
  if ("lost" in item) return `** ${item.lost} records lost: they came faster than they could be shown`;
  return formatRecordLine(item);
}
