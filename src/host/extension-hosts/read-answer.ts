import { z } from "zod";
import type { ExtensionHostAnswer } from "../../extension-host/bootstrap.ts";
import { checkDeclaration } from "../../extension-host/check-extension.ts";

/** Longer messages of a process that runs foreign code are cut. */
const FAILURE_LENGTH_MAX = 2_000;

const schema = z.union([
  z.strictObject({ extensions: z.array(z.unknown()), code: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.strictObject({ failures: z.array(z.string()) }),
]);

/** Checks what a process says that runs foreign code. Throws an Error. */
export function readAnswer(value: unknown): ExtensionHostAnswer {
  const answer = schema.safeParse(value);
  if (!answer.success) throw new Error("it said something that cannot be understood");
  if ("failures" in answer.data) {
    return { failures: answer.data.failures.map((failure) => failure.slice(0, FAILURE_LENGTH_MAX)) };
  }
  const { extensions, code } = answer.data;
  return { extensions: extensions.map(checkDeclaration), code };
}
