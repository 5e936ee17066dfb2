import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { LABEL_EXPRESSIONS_MAX, type LabelExpression, prefixExpression } from "../../labels/label-filter.ts";
import { reasonOf } from "../../lib/error.ts";
import { ConfigSource } from "./config-source.ts";
import { reportIssue } from "./report-issue.ts";

const BYTES_MAX = 1_048_576;

const prefix = z.strictObject({
  prefix: z.string().min(1, "is empty").max(1024, "is longer than 1024 characters"),
  source: z.string().regex(/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/, "the source of labels, such as `k8s`"),
  invert: z.boolean().default(false),
});
const file = z.strictObject({
  version: z.literal(1, "only version 1 is known"),
  "valid-prefixes": z.array(prefix).max(LABEL_EXPRESSIONS_MAX),
});

/** A file of labels that make identities, in the original's format, version 1 (JSON). */
export interface LabelPrefixFile {
  /** undefined: it cannot be used, `problems` says why. */
  readonly expressions: readonly LabelExpression[] | undefined;
  readonly problems: ConfigSource["problems"];
}

export function readLabelPrefixFile(path: string): LabelPrefixFile | { readonly error: string } {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > BYTES_MAX) return { error: `${path} has ${size} bytes; at most ${BYTES_MAX} are read` };
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    return { error: `cannot read ${path}: ${reasonOf(error)}` };
  }
  // JSON is YAML: so its problems have places, too.
  const source = new ConfigSource(path, text);
  if (source.problems.length > 0) return { expressions: undefined, problems: source.problems };
  const parsed = file.safeParse(source.value, { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(source, issue, keysAt);
    return { expressions: undefined, problems: source.problems };
  }
  const prefixes = parsed.data["valid-prefixes"];
  return {
    expressions: prefixes.map((one) => prefixExpression(one.source, one.prefix, !one.invert)),
    problems: [],
  };
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  return Object.keys((path.length === 0 ? file : prefix).shape);
}
