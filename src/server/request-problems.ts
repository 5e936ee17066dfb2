import type { z } from "zod";
import { formatApiProblem, ProblemsError } from "../api/problems-error.ts";
import type { ApiProblem } from "../api/rest.ts";

/** As many as somebody reads; a body of a million wrong items must not make an answer of a hundred megabytes. */
const PROBLEMS_MAX = 100;

/** What the parts of a request are called in its problems. */
const PARTS: Readonly<Record<string, string>> = { body: "body", querystring: "query", params: "path" };

/** All that is wrong with one part of a request, each problem with its path. */
export function requestInvalid(part: string, error: z.ZodError): ProblemsError {
  const source = PARTS[part] ?? part;
  const all = error.issues.flatMap((issue): ApiProblem[] => {
    if (issue.code !== "unrecognized_keys") return [problem(source, issue.path, textOf(issue))];
    return issue.keys.map((key) => problem(source, [...issue.path, key], "there is no such member"));
  });
  const left = all.length - PROBLEMS_MAX;
  const problems = all.slice(0, PROBLEMS_MAX);
  const told = problems.map(formatApiProblem);
  if (left > 0) told.push(`and ${left} more`);
  const head = source === "query" ? "the request is refused" : "the request is refused, nothing was changed";
  const message = `${head}:\n${told.map((line) => `  ${line}`).join("\n")}`;
  return new ProblemsError("WEIR_REQUEST_INVALID", message, problems);
}

/** What is wrong, where the schema's own words say too little. */
function textOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => message).join("; ");
  if (issue.code === "invalid_value") return `is none of these: ${issue.values.map(String).join(", ")}`;
  return issue.message;
}

function problem(source: string, path: readonly PropertyKey[], message: string): ApiProblem {
  return { source, line: 0, column: 0, path: pathText(path), message };
}

/** `labels[0]`, `observe["80"]`, `audit`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const text = String(part).slice(0, 100);
      if (!/^[A-Za-z_]\w*$/.test(text)) return `[${JSON.stringify(text)}]`;
      return index === 0 ? text : `.${text}`;
    })
    .join("");
}
