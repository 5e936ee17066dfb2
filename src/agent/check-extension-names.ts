import { formatApiProblem, ProblemsError } from "../api/problems-error.ts";
import type { ApiProblem } from "../api/rest.ts";
import { didYouMean } from "../lib/suggestion.ts";
import type { AgentConfig } from "./config/config.ts";

/** What is configured for an extension that is not there was meant for another one. Throws WEIR_CONFIG_INVALID. */
export function checkExtensionNames(
  { file, extensionMentions }: Pick<AgentConfig, "file" | "extensionMentions">,
  known: readonly string[],
): void {
  const problems = extensionMentions.flatMap(({ name, line, column, path }): readonly ApiProblem[] => {
    if (known.includes(name)) return [];
    const hint = didYouMean(name, known) ?? `loaded are ${known.join(", ")}`;
    return [{ source: file, line, column, path, message: `there is no extension \`${name}\``, hint }];
  });
  if (problems.length === 0) return;
  const message = problems.map((one) => `${formatApiProblem(one)}, at ${one.path}`).join("\n");
  throw new ProblemsError("WEIR_CONFIG_INVALID", message, problems);
}
