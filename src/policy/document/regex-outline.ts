/** What one piece of an expression is. */
type Atom =
  | { readonly kind: "start" | "end" }
  /** `.` */
  | { readonly kind: "any" }
  /** One character that stands for itself; `text` as it is written. */
  | { readonly kind: "literal"; readonly character: string; readonly text: string }
  /** `[…]`, `\d` and the like. */
  | { readonly kind: "set" }
  /** `\b`: no character. */
  | { readonly kind: "assertion" }
  | { readonly kind: "group"; readonly branches: RegexBranches };

/** One piece of an expression. `repeated`: a quantifier stands behind it. */
export type RegexPiece = Atom & { readonly repeated: "" | "?" | "*" | "+" | "{" };

/** Alternatives, each a sequence of pieces. */
export type RegexBranches = readonly (readonly RegexPiece[])[];

const QUANTIFIER = /([*+?]|\{\d+(?:,\d*)?\})\??/y;
/** `(?i)`, `(?:`, `(?s-i:`, `(?P<name>`: of these only a switch has no group behind it. */
const GROUP_HEAD = /\?(?:[a-zA-Z-]*([:)])|P?<\w+>)/y;
const CLASS = /\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]/sy;
const SET_ESCAPE = /\\(?:[dDsSwWC]|[pP](?:\{[^}]*\}|.))/y;
/** Of several characters: what it stands for is not needed here. */
const LONG_ESCAPE = /\\(?:x(?:\{[0-9A-Fa-f]+\}|..)|[0-7]{1,3})/y;
const CONTROL_ESCAPE = /[afnrtv]/;

/**
 * The rough shape of an expression that **compiles** as RE2 syntax. `\Q…\E` is taken apart into its characters.
 * For telling what may be a slip, not for deciding anything: that is up to lib/regex.
 */
export function regexOutline(source: string): RegexBranches {
  return new Outliner(source).branches();
}

class Outliner {
  readonly #source: string;
  #at = 0;
  #quoting = false;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the closing parenthesis, which is taken too, or to the end. */
  branches(): RegexBranches {
    let current: RegexPiece[] = [];
    const all = [current];
    while (this.#at < this.#source.length) {
      const character = this.#source.charAt(this.#at);
      if (!this.#quoting && character === ")") {
        this.#at++;
        break;
      }
      if (!this.#quoting && character === "|") {
        this.#at++;
        current = [];
        all.push(current);
        continue;
      }
      const atom = this.#atom(character);
      if (atom !== undefined) current.push({ ...atom, repeated: this.#repeated() });
    }
    return all;
  }

  /** undefined: it stands for nothing by itself. */
  #atom(character: string): Atom | undefined {
    if (this.#source.startsWith(this.#quoting ? "\\E" : "\\Q", this.#at)) {
      this.#at += 2;
      this.#quoting = !this.#quoting;
      return undefined;
    }
    if (!this.#quoting) {
      if (character === "\\") return this.#escape();
      if (character === "[") {
        const text = this.#take(CLASS) ?? this.#next();
        // `[.]` is how a dot is written.
        const only = /^\[(?:\\(?=\W))?([^\]\\^])\]$/.exec(text)?.[1];
        return only === undefined ? { kind: "set" } : literal(only, text);
      }
      if (character === "(") {
        this.#at++;
        const head = this.#takeMatch(GROUP_HEAD);
        return head?.[1] === ")" ? undefined : { kind: "group", branches: this.branches() };
      }
    }
    this.#at++;
    if (!this.#quoting && character === "^") return { kind: "start" };
    if (!this.#quoting && character === "$") return { kind: "end" };
    if (!this.#quoting && character === ".") return { kind: "any" };
    return literal(character, character);
  }

  #escape(): Atom {
    if (this.#take(SET_ESCAPE) !== undefined) return { kind: "set" };
    const long = this.#take(LONG_ESCAPE);
    if (long !== undefined) return literal("", long);
    const character = this.#source.charAt(this.#at + 1);
    this.#at += 2;
    if (character === "A") return { kind: "start" };
    if (character === "z") return { kind: "end" };
    if (character === "b" || character === "B") return { kind: "assertion" };
    return literal(CONTROL_ESCAPE.test(character) ? "" : character, `\\${character}`);
  }

  #repeated(): RegexPiece["repeated"] {
    if (this.#quoting) return "";
    return (this.#take(QUANTIFIER)?.charAt(0) ?? "") as RegexPiece["repeated"];
  }

  #next(): string {
    return this.#source.charAt(this.#at++);
  }

  #take(pattern: RegExp): string | undefined {
    return this.#takeMatch(pattern)?.[0];
  }

  #takeMatch(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}

function literal(character: string, text: string): Atom {
  return { kind: "literal", character, text };
}
