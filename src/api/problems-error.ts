import { type ErrorCode, WeirError } from "../lib/error.ts";
import type { ApiProblem } from "./rest.ts";

/** A failure with a list of problems, each with its place: all that is wrong, at once. */
export class ProblemsError extends WeirError {
  readonly problems: readonly ApiProblem[];

  constructor(code: ErrorCode, message: string, problems: readonly ApiProblem[]) {
    super(code, message);
    this.name = "ProblemsError";
    this.problems = problems;
  }
}

/** `file:line:column: message (hint)`, or `body path: message` where there are no lines. */
export function formatApiProblem(problem: ApiProblem): string {
  const { source, line, column, path, message } = problem;
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  const place = line > 0 ? `${source}:${line}:${column}` : `${source} ${path}`.trimEnd();
  return `${place}: ${message}${hint}`;
}
