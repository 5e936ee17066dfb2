import { type Command, InvalidArgumentError } from "commander";
import { REVISION_WAIT_SECONDS_MAX } from "../../api/rest.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";

interface WaitOptions extends SocketOptions {
  readonly output?: OutputFormat;
  readonly timeout: number;
}

export function policyWaitCommand(terminal: Terminal): Command {
  const command = listingCommand(
    "wait",
    "wait until every endpoint has a revision of the policy, or a later one, in force",
  )
    .argument("<revision>", "as `weir policy import` prints it", whole(Number.MAX_SAFE_INTEGER))
    .option(
      "--timeout <seconds>",
      "longest wait; ends earlier where an endpoint refuses for a minute",
      whole(REVISION_WAIT_SECONDS_MAX),
      REVISION_WAIT_SECONDS_MAX,
    )
    .action(async (revision: number, options: WaitOptions) => {
      const realized = await clientFor(options, terminal).waitForRevision(revision, options.timeout);
      terminal.out(formatOutput(realized, options.output, () => `revision ${realized.revision} is in force\n`));
    });
  return withExample(command, "weir policy wait 7");
}

function whole(max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`Give a whole number up to ${max}.`);
  };
}
