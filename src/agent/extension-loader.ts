import { z } from "zod";
import type { ExtensionDeclaration } from "../api/extension.ts";
import { reasonOf, WeirError } from "../lib/error.ts";
import type { Extension } from "../proxylib/parser.ts";
import type { ExtensionRegistry } from "../proxylib/registry.ts";
import { importExtension } from "./import-extension.ts";
import { registerWeirModules } from "./weir-modules.ts";

/** Each is asked of every list of rules that is read. */
const HINTS_MAX = 16;

const texts = z.array(z.string());
const condition = z.strictObject({ field: z.string(), values: texts });
const values = z.record(z.string().min(1), z.string());
/** It is printed to terminals. */
const line = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]{1,500}$/u, "must be one line of 1 to 500 characters");
const common = {
  of: z.string().optional(),
  requires: condition.partial({ values: true }).optional(),
  onlyWith: condition.optional(),
  description: z.string().optional(),
};

/** The value that every module of an extension exports as default. */
const declaration = z.object({
  name: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+/, "must be a semantic version, like 1.0.0"),
  fields: z.record(
    z.string().min(1),
    z.union(
      [
        z.strictObject({ oneOf: texts, groups: z.record(z.string(), texts).optional(), ...common }),
        z.strictObject({ exact: z.literal(true), ...common }),
        z.strictObject({ prefix: z.literal(true), ...common }),
        z.strictObject({ regex: z.literal(true), ...common }),
      ] satisfies z.ZodType<unknown>[],
      "must be one of {oneOf: [...]}, {exact: true}, {prefix: true}, {regex: true}, with nothing unknown beside it",
    ),
  ),
  logged: z
    .record(z.string().min(1), z.strictObject({ attribute: z.string(), list: z.enum(["all", "each"]).optional() }))
    .optional(),
  hints: z
    .array(z.strictObject({ allowed: values, refused: values, message: line, hint: line }))
    .max(HINTS_MAX)
    .optional(),
  create: z.custom((value) => typeof value === "function", "must be a function"),
});

/**
 * Loads the extensions of a configuration into the registry. Throws WEIR_EXTENSION_INVALID with everything that is wrong
 * with any of them: an agent that lacks an extension would refuse the policies that name it.
 *
 * @param names Paths (`./x.ts`, `/a/b.js`) and package names, found as the configuration file would find them.
 */
export async function loadExtensions(
  names: readonly string[],
  configFile: string,
  registry: ExtensionRegistry,
): Promise<void> {
  registerWeirModules();
  const failures: string[] = [];
  for (const name of names) {
    try {
      registry.add(checkExtension(await importExtension(name, configFile)));
    } catch (error) {
      failures.push(`extension ${name}: ${reasonOf(error)}`);
    }
  }
  if (failures.length > 0) throw new WeirError("WEIR_EXTENSION_INVALID", failures.join("\n"));
}

/** Checks what a module exports, so that a mistake is found here and not at the first connection. */
function checkExtension(value: unknown): Extension {
  if (value === null || typeof value !== "object") {
    const found = value === undefined ? "has no default export" : "exports something else than an extension as default";
    throw new Error(`the module ${found}; write \`export default defineExtension({ … })\``);
  }
  const checked = declaration.safeParse(value);
  if (!checked.success) throw new Error(checked.error.issues.map(describe).join("; "));
  const extension = value as Extension;
  checkReferences(extension);
  return extension;
}

function describe(issue: z.core.$ZodIssue): string {
  return `\`${issue.path.join(".")}\`: ${issue.message}`;
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
