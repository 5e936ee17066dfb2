import { setTimeout as delay } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import { formatApiProblem } from "../../api/problems-error.ts";
import type { PolicyFileReport, StatusReport } from "../../api/rest.ts";
import type { WeirClient } from "../../client/client.ts";
import { WeirError } from "../../lib/error.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { ExitCode } from "../exit-code.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

const POLL_MS = 50;
/** One answer may take as long, whatever is left of the wait: a busy agent is no missing one. */
const ANSWER_MS_MIN = 5_000;

interface StatusOptions extends SocketOptions {
  readonly output?: OutputFormat;
  readonly wait?: boolean;
  readonly timeoutMs: number;
}

export function statusCommand(terminal: Terminal): Command {
  const command = listingCommand("status", "show the agent's state; ends with 0 only if it is ready")
    .option("--wait", "wait until the agent runs and all policy is in force")
    .option("--timeout-ms <number>", "longest wait in milliseconds", milliseconds, 30_000)
    .action(async (options: StatusOptions) => {
      const client = clientFor(options, terminal);
      const status = options.wait === true ? await waitUntilReady(client, options.timeoutMs) : await client.status();
      terminal.out(formatOutput(status, options.output, () => formatStatus(status)));
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
  return withExample(command, "weir status --wait --config weir.yaml", "weir status -o json");
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

export function formatStatus(status: StatusReport): string {
  const { agent, policy, counts } = status;
  const lines: string[] = [
    `Agent:         ${agent.state} (version ${agent.version}, process ${agent.pid}, since ${agent.startedAt})`,
    `Configuration: ${agent.config}`,
    `State:         ${agent.stateDir}`,
    `Policy:        revision ${policy.revision}, ${count(policy.documents, "document")}, enforcement ${agent.policyEnforcement}`,
    `Known:         ${counts.endpoints} endpoints, ${counts.identities} identities, ${counts.extensions} extensions`,
  ];
  for (const plane of status.dataPlanes) {
    const { wanted, realized, failed } = plane.revision;
    const refused = failed === undefined ? "" : `, refused ${failed}`;
    lines.push(
      `Data plane:    ${plane.name} ${plane.state}, ${count(plane.connections, "connection")}, ` +
        `revision ${realized} of ${wanted}${refused}`,
    );
  }
  const text = `${lines.map(printable).join("\n")}\n`;
  return (
    text +
    listeners(status) +
    policyFiles(status) +
    list("Problems", status.problems) +
    list("Warnings", status.warnings)
  );
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function listeners(status: StatusReport): string {
  const rows = status.dataPlanes.flatMap((plane) =>
    plane.listeners.map((one) => [one.listen, one.upstream, one.endpoint, one.direction]),
  );
  return rows.length === 0 ? "" : `\n${formatTable(["LISTEN", "UPSTREAM", "ENDPOINT", "DIRECTION"], rows)}`;
}

function policyFiles(status: StatusReport): string {
  const rows = status.policy.files.map((file) => [file.file, fileState(file), file.documents.join(", ")]);
  if (rows.length === 0) return "";
  const problems = status.policy.files.flatMap((file) => [...file.problems, ...file.warnings].map(formatApiProblem));
  return `\n${formatTable(["POLICY FILE", "STATE", "DOCUMENTS"], rows)}${list("In policy files", problems)}`;
}

function fileState({ problems, documents }: PolicyFileReport): string {
  if (problems.length === 0) return documents.length > 0 ? "in force" : "nothing in force";
  return documents.length > 0 ? "broken: the last good text is in force" : "broken: nothing of it is in force";
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `\n${title}:\n${items.map((item) => `  ${printable(item)}\n`).join("")}`;
}
