import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import type { ApiProblem } from "../../api/rest.ts";

/** What is wrong with a document and where: line and column from 1, the column in UTF-16 code units. */
export type PolicyProblem = ApiProblem;

/** `file:line:column: message (hint)`. */
export function formatProblem(problem: PolicyProblem): string {
  return formatApiProblem(problem);
}

/** WEIR_POLICY_INVALID for callers that throw: the message holds every problem, one a line. */
export function policyInvalid(problems: readonly PolicyProblem[]): ProblemsError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map((problem) => `\n  ${formatProblem(problem)}`).join("");
  return new ProblemsError("WEIR_POLICY_INVALID", `the policy is refused, ${count}:${lines}`, problems);
}
