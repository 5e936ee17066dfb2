import type { ExtensionDeclaration } from "../../api/extension.ts";
import { type DocumentSource, networksOf, type PolicyDocument } from "../rule.ts";
import { readDocument } from "./envelope.ts";
import { ExpressionBudget } from "./expression-budget.ts";
import { Findings } from "./findings.ts";
import { RESERVED_NAMES } from "./label-syntax.ts";
import { DOCUMENT_LIMITS, type DocumentLimits } from "./limits.ts";
import type { PolicyProblem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";
import { type Position, quote } from "./source-node.ts";

export interface ParsedPolicyText {
  /** Empty if there is any error: a text is taken whole or not at all. */
  readonly documents: PolicyDocument[];
  /** Where the name of each document stands. */
  readonly places: ReadonlyMap<PolicyDocument["key"], Position>;
  /** Everything that is wrong, in the order of the text. */
  readonly errors: PolicyProblem[];
  /** What is right and may not be meant. */
  readonly warnings: PolicyProblem[];
}

export interface ParsePolicyOptions {
  readonly limits?: DocumentLimits;
  /** Names of the identities that the node's configuration has fixed: selectable as `reserved:<name>`. */
  readonly fixedIdentities?: ReadonlySet<string>;
}

/**
 * Reads and checks a text of CiliumNetworkPolicy documents: YAML 1.2, of which JSON is a part; several documents are
 * separated by `---`. Never throws. A text without any document is an error, so that a file that an editor has just
 * emptied does not read as the removal of its policies.
 */
export function parsePolicyText(
  text: string,
  source: DocumentSource,
  extensions: ReadonlyMap<string, ExtensionDeclaration>,
  { limits = DOCUMENT_LIMITS, fixedIdentities = new Set() }: ParsePolicyOptions = {},
): ParsedPolicyText {
  const findings = new Findings(source, limits);
  const roots = readYaml(text, findings, limits);
  if (roots.length === 0 && findings.errorCount === 0) {
    const hint = source.kind === "file" ? "delete the file to remove its policies" : undefined;
    findings.error({ line: 1, column: 1 }, "", "there is no policy document", hint);
  }
  const documents: PolicyDocument[] = [];
  const places = new Map<string, Position>();
  const networks = new Set<string>();
  const check = {
    findings,
    limits,
    extensions,
    expressions: new ExpressionBudget(limits.expressionSizeMax),
    reservedNames: new Set([...RESERVED_NAMES, ...fixedIdentities]),
  };
  for (const root of roots) {
    const read = readDocument(root, source, check);
    if (read === undefined) continue;
    const first = places.get(read.document.key);
    if (first !== undefined) {
      const message = `policy ${quote(read.document.key)} is given twice, first in line ${first.line}`;
      findings.error(read.nameAt, "metadata.name", message, "rename one, or write their rules into one document");
      continue;
    }
    places.set(read.document.key, read.nameAt);
    for (const network of networksOf(read.document)) networks.add(network.toString());
    if (networks.size > limits.networksMax) {
      const message = `with policy ${quote(read.document.key)}, the text names ${networks.size} networks, more than the limit of ${limits.networksMax}`;
      findings.error(read.nameAt, "metadata.name", message, "name wider networks");
      break;
    }
    documents.push(read.document);
  }
  return {
    documents: findings.errorCount === 0 ? documents : [],
    places,
    errors: findings.errors(),
    warnings: findings.warnings(),
  };
}
