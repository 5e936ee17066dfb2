import { setTimeout as delay } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { EndpointDetails, StatusReport } from "../../api/rest.ts";
import type { WeirClient } from "../../client/client.ts";
import { WeirError } from "../../lib/error.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { ExitCode } from "../exit-code.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import type { SocketOptions } from "../socket-path.ts";
import { briefStatus, formatEndpoints, formatStatus } from "../status-text.ts";
import type { Terminal } from "../terminal.ts";

const POLL_MS = 50;
/** One answer may take as long, whatever is left of the wait: a busy agent is no missing one. */
const ANSWER_MS_MIN = 5_000;

interface StatusOptions extends SocketOptions {
  readonly output?: OutputFormat;
  readonly wait?: boolean;
  readonly brief?: boolean;
  readonly verbose?: boolean;
  readonly timeoutMs: number;
}

export function statusCommand(terminal: Terminal): Command {
  const command = listingCommand("status", "show the agent's state; ends with 0 only if it is ready")
    .option("--wait", "wait until the agent runs and all policy is in force")
    .addOption(new Option("--brief", "print OK, or what is wrong, in one line").conflicts("verbose"))
    .option("--verbose", "show the endpoints, too, with what each data plane made of their policy")
    .option("--timeout-ms <number>", "longest wait in milliseconds", milliseconds, 30_000)
    .action(async (options: StatusOptions) => {
      const client = clientFor(options, terminal);
      const status = options.wait === true ? await waitUntilReady(client, options.timeoutMs) : await client.status();
      if (options.brief === true) {
        terminal.out(formatOutput(status, options.output, () => briefStatus(status)));
      } else if (options.verbose === true) {
        const endpoints = await endpointDetails(client);
        const verbose = (): string => formatStatus(status) + formatEndpoints(endpoints);
        terminal.out(formatOutput({ ...status, endpoints }, options.output, verbose));
      } else {
        terminal.out(formatOutput(status, options.output, () => formatStatus(status)));
      }
      if (status.agent.state === "ready") return;
      process.exitCode = ExitCode.Failure;
      if (options.wait === true) {
        const why = status.problems.map((problem) => `\n  ${problem}`).join("");
        throw new WeirError(
          "WEIR_TIMEOUT",
          `the agent is ${status.agent.state}, not ready, after ${options.timeoutMs} ms${why}`,
        );
      }
    });
  return withExample(command, "weir status --wait --config weir.yaml", "weir status --verbose", "weir status -o json");
}

/** One after the other: an agent in trouble must not be asked a thousand things at once. */
async function endpointDetails(client: WeirClient): Promise<readonly EndpointDetails[]> {
  const details: EndpointDetails[] = [];
  for (const { name } of await client.endpoints()) {
    try {
      details.push(await client.endpoint(name));
    } catch (error) {
      // It went in between.
      if (!(error instanceof WeirError && error.code === "WEIR_ENDPOINT_NOT_FOUND")) throw error;
    }
  }
  return details;
}

function milliseconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give whole milliseconds.");
  return Number(text);
}

/** The last status seen: the caller looks whether it is `ready`. */
async function waitUntilReady(client: WeirClient, timeoutMs: number): Promise<StatusReport> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const left = Math.max(1, end - performance.now());
    let last: StatusReport | undefined;
    try {
      last = await client.status(Math.max(left, ANSWER_MS_MIN));
      if (last.agent.state === "ready") return last;
    } catch (error) {
      // It may be starting: there is no socket yet. Once the time is up, the reason is told.
      const waits = error instanceof WeirError && error.code === "WEIR_AGENT_UNREACHABLE";
      if (!waits || performance.now() >= end) throw error;
    }
    if (last !== undefined && performance.now() >= end) return last;
    await delay(Math.min(POLL_MS, left));
  }
}
