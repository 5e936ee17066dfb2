import { RE2JS } from "re2js";
import { reasonOf } from "../error.ts";
import { type RegexLiteral, requiredLiteral } from "./literal.ts";
import { type PlainExpression, plainExpression, testPlain } from "./plain.ts";

/** Longest regular expression taken, in UTF-16 code units. */
export const REGEX_SOURCE_LENGTH_MAX = 1024;

/** Largest compiled program, in instructions: `a{1000}` has 1,002. What a test costs grows with it in the worst case. */
export const REGEX_PROGRAM_SIZE_MAX = 4096;

/** Instructions that an expression may at most have before it is compiled at all: compiling takes time and memory too. */
const REGEX_EXPANSION_MAX = 65_536;
/** RE2's own limit for a repetition count, and for the product of nested ones. */
const REPETITION_MAX = 1_000;

/**
 * Memory for the states of one expression's automaton, in bytes as re2js counts them. Its own default is 8 MiB, which
 * thousands of expressions and chosen subjects could fill. An automaton that outgrows this starts again or gives way to
 * a slower simulation, linear too.
 */
const AUTOMATON_BYTES_MAX = 128 * 1024;

/** A compiled regular expression: RE2 syntax, time linear in the text whatever the expression. */
export interface Regex {
  readonly source: string;
  /** Of the compiled program, in instructions. */
  readonly size: number;
  /** For ruling the expression out without testing it. */
  readonly literal: RegexLiteral;
  /** Whether the text contains a match anywhere (unanchored). A lone surrogate in the text is one character. */
  test(text: string): boolean;
  /** Length of the first match where that is at the beginning of the text; undefined: it is not, or there is none. */
  lengthAtStart(text: string): number | undefined;
}

/**
 * Compiles a regular expression in RE2 syntax (no back references, no look-around). The error says what is wrong, without
 * saying where the expression came from.
 */
export function compileRegex(source: string): { readonly regex: Regex } | { readonly error: string } {
  if (source.length > REGEX_SOURCE_LENGTH_MAX) {
    return {
      error: `regular expression has ${source.length} characters; at most ${REGEX_SOURCE_LENGTH_MAX} are allowed`,
    };
  }
  if (!source.isWellFormed()) {
    return {
      error:
        "regular expression holds half of a surrogate pair; for a byte that is not UTF-8 write \\x{dcXX}, XX the byte",
    };
  }
  const expansion = expansionBound(source);
  if (expansion > REGEX_EXPANSION_MAX) {
    return {
      error: `regular expression is too large: its repetitions may take up to ${expansion} instructions, at most ${REGEX_EXPANSION_MAX} are allowed; use smaller repetition counts`,
    };
  }
  let program: RE2JS;
  try {
    program = RE2JS.compile(source);
  } catch (error) {
    return { error: `not a regular expression in RE2 syntax: ${describe(error)}` };
  }
  const size = program.programSize();
  if (size > REGEX_PROGRAM_SIZE_MAX) {
    return {
      error: `regular expression is too large: ${size} instructions when compiled, at most ${REGEX_PROGRAM_SIZE_MAX} are allowed; use smaller repetition counts`,
    };
  }
  return { regex: new Re2Regex(source, size, program) };
}

class Re2Regex implements Regex {
  readonly source: string;
  readonly size: number;
  readonly literal: RegexLiteral;
  readonly #program: RE2JS;
  /** Most expressions of policies are a name; comparing it costs a fraction of the automaton, and allocates nothing. */
  readonly #plain: PlainExpression | undefined;
  #prepared = false;

  constructor(source: string, size: number, program: RE2JS) {
    this.source = source;
    this.size = size;
    this.literal = requiredLiteral(source);
    this.#program = program;
    this.#plain = plainExpression(source);
  }

  test(text: string): boolean {
    if (this.#plain !== undefined) return testPlain(this.#plain, text);
    // The automaton is made here because most expressions of a large policy are never tested.
    if (!this.#prepared) this.#prepare();
    return this.#program.test(text);
  }

  lengthAtStart(text: string): number | undefined {
    if (!this.#prepared) this.#prepare();
    const matcher = this.#program.matcher(text);
    return matcher.find() && matcher.start() === 0 ? matcher.end() : undefined;
  }

  #prepare(): void {
    const engine: { readonly dfa: { stateBudget: number; memBudget: number }; onepass: unknown } = this.#program.re2();
    // The one-pass simulation exists for capture groups. For a plain test the automaton takes less than half of the time.
    engine.onepass = null;
    engine.dfa.stateBudget = AUTOMATON_BYTES_MAX;
    engine.dfa.memBudget = AUTOMATON_BYTES_MAX;
    this.#prepared = true;
  }
}

/**
 * An upper bound for what the repetition counts make of an expression. Counts multiply where they are nested, up to
 * RE2's limit; taking all of them as nested is simple, and too strict only for long expressions with large counts.
 */
function expansionBound(source: string): number {
  let product = 1;
  let end = 0;
  for (const { 0: text, 1: least = "0", 2: most, index } of source.matchAll(/\{([0-9]{1,4})(?:,([0-9]{0,4}))?\}/g)) {
    product *= Math.max(1, Number(least), Number(most ?? "0"));
    end = index + text.length;
  }
  return Math.min(product, REPETITION_MAX) * end;
}

function describe(error: unknown): string {
  const message = reasonOf(error);
  return message.replace(/^error parsing regexp: /, "");
}
