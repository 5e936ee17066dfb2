import { Command, InvalidArgumentError } from "commander";
import { createClient, type WeirClient } from "../client/client.ts";
import { outputOption } from "./output.ts";
import { findSocket, type SocketOptions } from "./socket-path.ts";
import type { Terminal } from "./terminal.ts";

/** Options of every command that asks a running agent. */
export function agentCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--socket <path>", "the agent's socket (default: found by --config, $WEIR_SOCK or ./weir.yaml)", pathOption)
    .option("--config <file>", "the agent's configuration: its state directory holds the socket", pathOption);
}

/** An empty one is a variable of a script that was never set, and would mean this directory. */
export function pathOption(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty: give a path, or leave the option out.");
  return text;
}

/** The same with `-o json|yaml|table`. */
export function listingCommand(name: string, description: string): Command {
  return agentCommand(name, description).addOption(outputOption());
}

/** The same for one that prints a table. */
export function tableCommand(name: string, description: string): Command {
  return listingCommand(name, description).option("--no-headers", "leave out the table's header");
}

export function clientFor(options: SocketOptions, terminal: Terminal): WeirClient {
  return createClient(findSocket(options, terminal.cwd, terminal.env));
}

const examplesByCommand = new WeakMap<Command, readonly string[]>();

/** Every command's help ends with an example. */
export function withExample(command: Command, ...examples: string[]): Command {
  examplesByCommand.set(command, examples);
  const title = examples.length === 1 ? "Example" : "Examples";
  return command.addHelpText("after", `\n${title}:\n${examples.map((example) => `  $ ${example}`).join("\n")}\n`);
}

/** For the reference of commands. */
export function examplesOf(command: Command): readonly string[] {
  return examplesByCommand.get(command) ?? [];
}
