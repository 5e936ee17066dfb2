import type { z } from "zod";
import type { ExtensionDeclaration } from "../api/extension.ts";
import type { Extension } from "../proxylib/parser.ts";
import { declarationSchema, extensionSchema } from "./declaration-schema.ts";

/** Checks what a module exports, so that a mistake is found here and not at the first connection. Throws an Error. */
export function checkExtension(value: unknown): Extension {
  if (value === null || typeof value !== "object") {
    const found = value === undefined ? "has no default export" : "exports something else than an extension as default";
    throw new Error(`the module ${found}; write \`export default defineExtension({ … })\``);
  }
  const checked = extensionSchema.safeParse(value);
  if (!checked.success) throw new Error(describe(checked.error));
  const extension = value as Extension;
  checkReferences(extension);
  return extension;
}

/**
 * Checks a declaration that another process gives, which may say anything. Throws an Error.
 *
 * @returns A copy that holds nothing but what a declaration has.
 */
export function checkDeclaration(value: unknown): ExtensionDeclaration {
  const checked = declarationSchema.safeParse(value);
  if (!checked.success) throw new Error(describe(checked.error));
  // zod gives `undefined` for what is absent a type; JSON never has it.
  const declaration = checked.data as ExtensionDeclaration;
  checkReferences(declaration);
  return declaration;
}

function describe({ issues }: z.ZodError): string {
  return issues.map((issue) => `\`${issue.path.join(".")}\`: ${issue.message}`).join("; ");
}

/**
 * `requires` and `onlyWith` must name fields that are there, else rules could never be right. `logged` and `hints` must name
 * attributes that rules judge, else they are misspelt.
 */
function checkReferences({ fields, logged = {}, hints = [] }: ExtensionDeclaration): void {
  const attributes = new Set<string>();
  for (const [name, field] of Object.entries(fields)) {
    attributes.add(field.of ?? name);
    for (const part of ["requires", "onlyWith"] as const) {
      const other = field[part]?.field;
      if (other !== undefined && !Object.hasOwn(fields, other)) {
        throw new Error(`\`fields.${name}.${part}\` names \`${other}\`, which is not a field of the extension`);
      }
    }
  }
  const shown = new Set<string>();
  for (const [name, { attribute }] of Object.entries(logged)) {
    if (!attributes.has(attribute)) {
      throw new Error(`\`logged.${name}\` names \`${attribute}\`, which is no attribute that a field judges`);
    }
    if (shown.has(attribute)) throw new Error(`\`logged.${name}\`: \`${attribute}\` is shown by another field already`);
    shown.add(attribute);
  }
  for (const [index, hint] of hints.entries()) {
    for (const part of ["allowed", "refused"] as const) {
      const unknown = Object.keys(hint[part]).find((attribute) => !attributes.has(attribute));
      if (unknown === undefined) continue;
      throw new Error(`\`hints.${index}.${part}\` names \`${unknown}\`, which is no attribute that a field judges`);
    }
  }
}
