import { Argument, Command } from "commander";
import { agentCommand, clientFor, withExample } from "../agent-command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { type CompletionNode, completionNodes, type NameKind } from "../completion/completion-node.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

/** Whoever pressed the tabulator waits for it. */
const WAIT_MS_MAX = 500;
const NAMES_MAX = 1000;

const SCRIPTS: Readonly<Record<string, (nodes: readonly CompletionNode[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completionCommand(terminal: Terminal): Command {
  const command = new Command("completion")
    .description("print the script that lets a shell complete weir's commands")
    .addArgument(new Argument("<shell>", "which one").choices(Object.keys(SCRIPTS)))
    .action((shell: string, _options: object, self: Command) => {
      terminal.out(SCRIPTS[shell]?.(completionNodes(self.parent ?? self)) ?? "");
    });
  return withExample(command, "weir completion bash > /etc/bash_completion.d/weir");
}

/** `weir __names endpoint|policy`, for the scripts: one name a line; nothing at all where the agent does not answer. */
export function namesCommand(terminal: Terminal): Command {
  const command = agentCommand("__names", "names to complete")
    .addArgument(new Argument("<kind>").choices(["endpoint", "policy"] satisfies NameKind[]))
    .action(async (kind: NameKind, options: SocketOptions) => {
      try {
        const client = clientFor(options, terminal);
        const named =
          kind === "endpoint" ? await client.endpoints(WAIT_MS_MAX) : (await client.policies(WAIT_MS_MAX)).policies;
        // Others would need quotes, and each shell has its own.
        const names = named.map(({ name }) => name).filter((name) => /^[\w./-]+$/.test(name));
        terminal.out(
          names
            .slice(0, NAMES_MAX)
            .map((name) => `${name}\n`)
            .join(""),
        );
      } catch {
        // There is nothing to complete, and no place to say why.
      }
    });
  return withExample(command, "weir __names endpoint");
}
