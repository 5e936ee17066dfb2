import { compileRegex } from "../lib/regex/regex.ts";
import type { Label } from "./label.ts";

/** Far more than anybody writes; every label is held against every expression. */
export const LABEL_EXPRESSIONS_MAX = 256;

/** Which labels an expression means, and whether they make identities. */
export interface LabelExpression {
  readonly include: boolean;
  /** undefined: any. */
  readonly source: string | undefined;
  /** How many characters of a key's beginning are meant; undefined: none, the key is another one. */
  matched(key: string): number | undefined;
}

/**
 * The original's defaults: the namespace and its labels count, what Kubernetes, Istio and Cilium note down for themselves
 * does not, and everything else does.
 */
const DEFAULTS: readonly string[] = [
  "io\\.kubernetes\\.pod\\.namespace",
  "io\\.cilium\\.k8s\\.namespace\\.labels",
  "!io\\.kubernetes",
  "!.*kubernetes\\.io",
  "!pod-template-generation",
  "!pod-template-hash",
  "!controller-revision-hash",
  "!annotation\\.cilium\\.io/",
  "!annotation\\.cilium-identity",
  "!annotation\\.sidecar\\.istio\\.io",
  "!annotation\\.etcd\\.version",
  "!etcd_node",
];

/**
 * Decides which labels make an identity. Of the expressions that fit a label, the one that fits the longest part of its
 * key decides; of equally long ones, the one that leaves out. A label that none fits counts, unless there is an
 * allow-list.
 */
export class LabelFilter {
  private readonly expressions: readonly LabelExpression[];
  private readonly allowList: boolean;

  constructor(expressions: readonly LabelExpression[], allowList: boolean) {
    this.expressions = expressions;
    this.allowList = allowList;
  }

  /**
   * @param file Expressions that take the place of the defaults. @param more Expressions besides. Any that includes
   * makes all of them an allow-list; those of the defaults do not.
   */
  static of(file: readonly LabelExpression[] | undefined, more: readonly LabelExpression[]): LabelFilter {
    const given = [...(file ?? []), ...more];
    return new LabelFilter(
      [...(file ?? defaultExpressions()), ...more],
      given.some(({ include }) => include),
    );
  }

  isRelevant(label: Label): boolean {
    let [included, excluded] = [-1, -1];
    for (const { include, source, matched } of this.expressions) {
      if (source !== undefined && source !== label.source) continue;
      const length = matched(label.key) ?? -1;
      if (include) included = Math.max(included, length);
      else excluded = Math.max(excluded, length);
    }
    return included > excluded || (included < 0 && excluded < 0 && !this.allowList);
  }
}

/** Reads `[source:][!]expression`: a regular expression (RE2) for the beginning of a label's key. */
export function parseLabelExpression(
  text: string,
): { readonly expression: LabelExpression } | { readonly error: string } {
  const [, first = "", prefixed, second = "", pattern = ""] = /^(!?)(?:([a-z0-9_-]+):)?(!?)(.*)$/s.exec(text) ?? [];
  if (pattern === "") return { error: `${JSON.stringify(text)} names no labels; write the beginning of their key` };
  const compiled = compileRegex(pattern);
  if ("error" in compiled) return compiled;
  const { regex } = compiled;
  return {
    expression: {
      include: first === "" && second === "",
      source: prefixed,
      matched: (key) => regex.lengthAtStart(key),
    },
  };
}

/** Labels of one source whose keys begin with a text. */
export function prefixExpression(source: string, prefix: string, include: boolean): LabelExpression {
  return { include, source, matched: (key) => (key.startsWith(prefix) ? prefix.length : undefined) };
}

let defaults: readonly LabelExpression[] | undefined;

function defaultExpressions(): readonly LabelExpression[] {
  defaults ??= DEFAULTS.map((text) => {
    const parsed = parseLabelExpression(text);
    if ("error" in parsed) throw new Error(parsed.error);
    return parsed.expression;
  });
  return defaults;
}
