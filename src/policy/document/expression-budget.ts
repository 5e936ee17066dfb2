import { compileRegex } from "../../lib/regex/regex.ts";

/** What a Unicode class (`\p{…}`) costs to compile, in instructions that take as long. */
const UNICODE_CLASS_COST = 100;

/** Checks the regular expressions of one text, each once, and bounds what all of them may cost to compile. */
export class ExpressionBudget {
  readonly #max: number;
  /** Source → what is wrong with it, if anything. */
  readonly #checked: Map<string, string | undefined> = new Map();
  #used = 0;

  /** @param max Instructions of all programs together. */
  constructor(max: number) {
    this.#max = max;
  }

  /** `exceeded`: the expression was not looked at, nor will be any other; `first`: that is new. */
  check(
    source: string,
  ): { readonly error?: string | undefined } | { readonly exceeded: true; readonly first: boolean } {
    if (this.#checked.has(source)) return { error: this.#checked.get(source) };
    if (this.#used > this.#max) {
      const first = this.#used !== Number.POSITIVE_INFINITY;
      this.#used = Number.POSITIVE_INFINITY;
      return { exceeded: true, first };
    }
    const compiled = compileRegex(source);
    const size = "error" in compiled ? source.length : compiled.regex.size;
    this.#used += size + UNICODE_CLASS_COST * (source.split(/\\p/i).length - 1);
    const error = "error" in compiled ? compiled.error : undefined;
    this.#checked.set(source, error);
    return { error };
  }
}
