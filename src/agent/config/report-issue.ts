import type { z } from "zod";
import { didYouMean } from "../../lib/suggestion.ts";
import type { ConfigSource } from "./config-source.ts";

/**
 * Reports what a schema found, in words that somebody who writes the file knows.
 *
 * @param keysAt The keys of an object at a path, for suggestions; none where there is no object.
 */
export function reportIssue(
  source: ConfigSource,
  issue: z.core.$ZodIssue,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): void {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const known = keysAt(issue.path);
      const hint = didYouMean(key, known) ?? `known keys: ${known.join(", ")}`;
      source.reportKey([...issue.path, key], `unknown key \`${key}\``, hint);
    }
    return;
  }
  const key = issue.path.at(-1);
  if (issue.code === "invalid_type" && issue.input === undefined) {
    source.report(issue.path, `\`${String(key)}\` is missing`);
  } else if (issue.code === "invalid_value" && issue.values.length > 1) {
    const hint = typeof issue.input === "string" ? didYouMean(issue.input, issue.values.map(String)) : undefined;
    source.report(issue.path, `\`${String(key)}\` must be one of ${issue.values.join(", ")}`, hint);
  } else if (issue.code === "invalid_type") {
    source.report(issue.path, `${key === undefined ? "the file" : `\`${String(key)}\``} must be ${a(issue.expected)}`);
  } else if ((issue.code === "too_small" || issue.code === "too_big") && ["number", "int"].includes(issue.origin)) {
    const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
    source.report(issue.path, `\`${String(key)}\` must be ${bound}`);
  } else {
    source.report(issue.path, typeof key === "string" ? `\`${key}\`: ${issue.message}` : issue.message);
  }
}

function a(type: string): string {
  const names: Record<string, string> = {
    array: "a list",
    object: "a mapping",
    record: "a mapping",
    string: "a text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
  };
  return names[type] ?? type;
}
