import { CommanderError, InvalidArgumentError } from "commander";
import { formatApiProblem, ProblemsError } from "../api/problems-error.ts";
import { WeirError } from "../lib/error.ts";
import { ExitCode } from "./exit-code.ts";
import { printable } from "./printable.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line (without the program's own name) and gives the exit code; undefined: nothing spoke against 0. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<ExitCode | undefined> {
  try {
    await createProgram(terminal).parseAsync([...args], { from: "user" });
    return undefined;
  } catch (error) {
    // Thrown by an action. Those that commander met itself have become its own errors.
    if (error instanceof InvalidArgumentError) {
      terminal.err(`error: ${printable(error.message)}\n`);
      return ExitCode.Usage;
    }
    // Commander has said what is wrong, or has printed the help or the version that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    terminal.err(formatFailure(error));
    return ExitCode.Failure;
  }
}

/** `error: WEIR_…: message`, then one line for each problem. What is no WeirError is a bug: its stack is shown. */
export function formatFailure(error: unknown): string {
  if (!(error instanceof WeirError))
    return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  const lines = error instanceof ProblemsError ? error.problems.map(formatApiProblem) : [];
  // A message may have several lines; each one is made safe for itself.
  const message = [...`error: ${error.code}: ${error.message}`.split("\n"), ...missing(lines, error.message)];
  return `${message.map(printable).join("\n")}\n`;
}

/** Problems that the message does not hold already. */
function missing(lines: readonly string[], message: string): string[] {
  return lines.filter((line) => !message.includes(line)).map((line) => `  ${line}`);
}
