import { formatApiProblem } from "../api/problems-error.ts";
import type { ApiProblem } from "../api/rest.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

export function printWarnings(warnings: readonly ApiProblem[], terminal: Terminal): void {
  for (const warning of warnings) terminal.err(`warning: ${printable(formatApiProblem(warning))}\n`);
}

/** Sentences that an answer brings along. */
export function printNotes(notes: readonly string[] | undefined, terminal: Terminal): void {
  for (const note of notes ?? []) terminal.err(`warning: ${printable(note)}\n`);
}
