import { InvalidArgumentError } from "commander";
import { didYouMean } from "../lib/suggestion.ts";

/** Reads `name=value` texts. Throws InvalidArgumentError for what is none, unknown names, and names that come twice. */
export function assignments(texts: readonly string[], known: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (!known.includes(name)) {
      const hint = didYouMean(name, known) ?? `there are ${known.join(", ")}`;
      problems.push(`there is no option ${JSON.stringify(name)} to change (${hint})`);
    } else if (equals < 0) problems.push(`${JSON.stringify(text)} has no value: write ${name}=VALUE`);
    else if (values.has(name)) problems.push(`${name} is given twice`);
    else values.set(name, text.slice(equals + 1));
  }
  if (problems.length > 0) throw new InvalidArgumentError(problems.join("; "));
  return values;
}
