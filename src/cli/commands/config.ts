import type { Command } from "commander";
import type { ConfigOption } from "../../api/rest.ts";
import { WeirError } from "../../lib/error.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { configChange } from "../config-change.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

type Options = SocketOptions & TableOptions;

export function configCommands(terminal: Terminal): Command {
  const command = tableCommand("config", "show the configuration in force, or change options until the agent ends")
    .argument("[name=value...]", "the same as `weir config set`")
    .action(async (texts: string[], _options: Options, self: Command) => {
      await (texts.length > 0 ? set(texts, self.optsWithGlobals(), terminal) : show(self.optsWithGlobals(), terminal));
    });
  return withExample(command, "weir config", "weir config policyEnforcement=always")
    .addCommand(getCommand(terminal))
    .addCommand(setCommand(terminal));
}

function getCommand(terminal: Terminal): Command {
  const command = tableCommand("get", "print the value of one option")
    .argument("<name>", "name of the option")
    .action(async (name: string, _options: Options, self: Command) => {
      const { output, ...options } = self.optsWithGlobals<Options>();
      const all = await clientFor(options, terminal).config();
      const option = all.find((one) => one.name === name);
      if (option === undefined) {
        const names = all.map((one) => one.name);
        const hint = didYouMean(name, names) ?? `there are ${names.join(", ")}`;
        throw new WeirError("WEIR_REQUEST_INVALID", `there is no option ${JSON.stringify(name)} (${hint})`);
      }
      terminal.out(formatOutput(option, output, () => `${printable(valueText(option.value))}\n`));
    });
  return withExample(command, "weir config get policyEnforcement");
}

function setCommand(terminal: Terminal): Command {
  const command = tableCommand("set", "change options until the agent ends, all of them or none")
    .argument("<name=value...>", "policyEnforcement, logLevel, connectionsMax, connectTimeoutMs, drainMs")
    .action(async (texts: string[], _options: Options, self: Command) => {
      await set(texts, self.optsWithGlobals(), terminal);
    });
  return withExample(command, "weir config set logLevel=debug drainMs=30000");
}

async function show(options: Options, terminal: Terminal): Promise<void> {
  print(await clientFor(options, terminal).config(), options, terminal);
}

async function set(texts: readonly string[], options: Options, terminal: Terminal): Promise<void> {
  const change = configChange(texts);
  print(await clientFor(options, terminal).changeConfig(change), options, terminal);
  terminal.err("this holds until the agent ends; write it into the configuration to keep it\n");
}

function print(config: readonly ConfigOption[], options: Options, terminal: Terminal): void {
  const rows = config.map(({ name, value, changeable, configured }) => [
    name,
    valueText(value),
    changeable ? "yes" : "no",
    configured === undefined ? "" : valueText(configured),
  ]);
  const table = (): string => formatTable(["OPTION", "VALUE", "CHANGEABLE", "CONFIGURED"], rows, options);
  terminal.out(formatOutput(config, options.output, table));
}

function valueText(value: ConfigOption["value"]): string {
  return typeof value === "object" ? value.join(" ") : String(value);
}
