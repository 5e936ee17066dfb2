import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { ExpressionBudget } from "./expression-budget.ts";
import type { Findings } from "./findings.ts";
import type { DocumentLimits } from "./limits.ts";

/** What the check of one text needs at every level. */
export interface TextCheck {
  readonly findings: Findings;
  readonly limits: DocumentLimits;
  /** `l7proto` → what its rules may say. */
  readonly extensions: ReadonlyMap<string, ExtensionDeclaration>;
  readonly expressions: ExpressionBudget;
  /** Names that may stand behind `reserved:`. */
  readonly reservedNames: ReadonlySet<string>;
}

/** What the check of one document needs at every level. */
export interface Check extends TextCheck {
  /** `metadata.namespace`; undefined: the document is not confined to one. */
  readonly namespace: string | undefined;
}
