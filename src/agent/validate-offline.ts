import type { ApiProblem } from "../api/rest.ts";
import { parsePolicyText } from "../policy/document/parse-policy-text.ts";
import { loadConfig } from "./config/load-config.ts";
import { createRegistry } from "./create-registry.ts";

/** What one policy text is found to be. No problems: it could be put in force. */
export interface OfflineValidation {
  /** Names of its documents. */
  readonly policies: readonly string[];
  readonly problems: readonly ApiProblem[];
  readonly warnings: readonly ApiProblem[];
}

/**
 * Checks policy texts as an agent would, without one.
 *
 * @param configFile Its `extensions` and `fixedIdentities` are known beside the built-in ones.
 */
export async function createOfflineValidator(
  configFile: string | undefined,
): Promise<(text: string, source: string) => OfflineValidation> {
  const config = configFile === undefined ? undefined : await loadConfig(configFile);
  const registry = await createRegistry(config);
  const declarations = registry.declarations();
  const fixedIdentities = new Set(config?.fixedIdentities.keys());
  return (text, source) => {
    const parsed = parsePolicyText(text, { kind: "file", name: source }, declarations, { fixedIdentities });
    return {
      policies: parsed.documents.map((document) => document.key),
      problems: parsed.errors,
      warnings: parsed.warnings,
    };
  };
}
