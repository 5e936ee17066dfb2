import { type Command, Option } from "commander";
import { agentCommand, clientFor, withExample } from "../agent-command.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { formatItem, MONITOR_FORMATS, type MonitorFormat } from "./monitor-format.ts";
import { addQueryOptions, type HistoryOptions } from "./monitor-options.ts";

/** Text that is printed at once, at most; what comes together goes out together. */
const OUTPUT_LENGTH = 65_536;

interface MonitorOptions extends SocketOptions, HistoryOptions {
  readonly output: MonitorFormat;
  readonly json?: boolean;
}

export function monitorCommand(terminal: Terminal): Command {
  const command = agentCommand("monitor", "show events as they happen, until Ctrl-C, or those of the last time");
  const queryOf = addQueryOptions(command);
  command
    .addOption(new Option("-o, --output <format>", "how to print events").choices(MONITOR_FORMATS).default("compact"))
    .option("-j, --json", "the same as -o json: one JSON object a line, records as in the access log")
    .action(async (options: MonitorOptions) => {
      const query = queryOf(options);
      const follows = query.follow ?? (query.since === undefined && query.last === undefined);
      const interrupted = terminal.interruption();
      const items = await clientFor(options, terminal).monitor(interrupted, query);
      if (follows) terminal.err("listening for events; Ctrl-C ends\n");
      const format = options.json === true ? "json" : options.output;
      using output = new GatheredOutput(terminal);
      for await (const item of items) output.add(formatItem(item, format));
      output.flush();
      if (follows && !interrupted.aborted) terminal.err("the agent has ended\n");
    });
  return withExample(
    command,
    "weir monitor -t l7 --to app=memcached",
    "weir monitor --last 20 --verdict Denied -o dict",
    "weir monitor --since 5m --not --from monitoring --follow -o json",
  );
}

/** Prints what comes within one turn of the event loop together: a system call for each event would be the bottleneck. */
class GatheredOutput implements Disposable {
  private readonly terminal: Terminal;
  private text = "";
  private due: NodeJS.Immediate | undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  add(text: string): void {
    this.text += text;
    if (this.text.length >= OUTPUT_LENGTH) this.flush();
    else this.due ??= setImmediate(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.due);
    this.due = undefined;
    const { text } = this;
    this.text = "";
    if (text !== "") this.terminal.out(text);
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}
