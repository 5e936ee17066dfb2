import { z } from "zod";

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
});

/** What an extension tells of itself, without its code. */
export const declarationSchema: z.ZodType = declaration;

/** The value that every module of an extension exports as default. */
export const extensionSchema: z.ZodType = declaration.extend({
  create: z.custom((value) => typeof value === "function", "must be a function"),
  restore: z.custom((value) => value === undefined || typeof value === "function", "must be a function").optional(),
});
