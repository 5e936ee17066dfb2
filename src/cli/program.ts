import { Command } from "commander";
import { packageVersion } from "../lib/version.ts";
import { withExample } from "./agent-command.ts";
import { agentCommands } from "./commands/agent.ts";
import { completionCommand, namesCommand } from "./commands/completion.ts";
import { configCommands } from "./commands/config.ts";
import { endpointCommands } from "./commands/endpoint.ts";
import { identityCommands } from "./commands/identity.ts";
import { metricsCommands } from "./commands/metrics.ts";
import { monitorCommand } from "./commands/monitor.ts";
import { policyCommands } from "./commands/policy.ts";
import { statusCommand } from "./commands/status.ts";
import { versionCommand } from "./commands/version.ts";
import type { Terminal } from "./terminal.ts";

/** The whole tree of commands. Throws CommanderError where the arguments are wrong; failures are WeirErrors. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("weir")
    .description("Network policy that reads the protocol.")
    .version(`weir ${packageVersion()}`, "--version", "print the version");
  const commands = [
    agentCommands(),
    statusCommand(terminal),
    policyCommands(terminal),
    endpointCommands(terminal),
    identityCommands(terminal),
    configCommands(terminal),
    metricsCommands(terminal),
    monitorCommand(terminal),
    versionCommand(terminal),
    completionCommand(terminal),
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(namesCommand(terminal), { hidden: true });
  withExample(program, "weir agent --config weir.yaml", "weir status --wait", "weir monitor -t l7");
  return configured(program, terminal);
}

/** Settings that commander does not hand down to commands that were made elsewhere. */
function configured(command: Command, terminal: Terminal): Command {
  command
    .exitOverride()
    .showHelpAfterError(`(see \`${pathOf(command)} --help\`)`)
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) });
  for (const child of command.commands) configured(child, terminal);
  return command;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
