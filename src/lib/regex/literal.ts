import { ANYTHING, concatenate, EMPTY, either, literalPart, type Part, repeat, TEXT_START } from "./literal-part.ts";

/**
 * Text that a regular expression cannot match without: lets many expressions be ruled out by one look at the subject.
 * An empty text says nothing.
 */
export interface RegexLiteral {
  /** Every text that matches begins with this. */
  readonly prefix: string;
  /** Every text that matches contains this. Found beside the prefix, so that the two can be used one after the other. */
  readonly substring: string;
}

/** Nothing is known: the expression has to be tested against every text. */
export const NO_LITERAL: RegexLiteral = { prefix: "", substring: "" };

/**
 * The literal text in an expression that **compiles** as RE2 syntax (https://github.com/google/re2/wiki/Syntax); for any
 * other the answer means nothing. Sound, not complete: what this scanner does not know for certain gives NO_LITERAL.
 * Texts are compared by UTF-16 code units, so half of a surrogate pair may be all that two alternatives share.
 */
export function requiredLiteral(source: string): RegexLiteral {
  const scanner = new Scanner(source);
  const whole = scanner.alternation(NO_FLAGS);
  if (scanner.unsure || !scanner.atEnd) return NO_LITERAL;
  const prefix = whole.anchored ? whole.prefix : "";
  const substring = whole.anchored ? whole.rest : whole.longest;
  return { prefix, substring: prefix.includes(substring) ? "" : substring };
}

/** The flags that matter here; `s` and `U` do not. */
interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
}

const NO_FLAGS: Flags = { ignoreCase: false, multiLine: false };

const QUANTIFIER = /(?:[*+?]|\{(0|[1-9][0-9]*)(,(?:0|[1-9][0-9]*)?)?\})\??/y;
const FLAG_GROUP = /\?([imsU]*)(-[imsU]+)?([:)])/y;
const NAMED_GROUP = /\?P?<\w+>/y;
const POSIX_CLASS = /\[:\^?[a-z]+:\]/y;
const UNICODE_CLASS = /\\[pP](?:[A-Za-z]|\{[^{}]*\})/y;
const HEXADECIMAL = /\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/y;
const CONTROL: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

class Scanner {
  readonly #source: string;
  #at = 0;
  /** Something was met whose meaning is not certain; all that was found is void. */
  unsure = false;

  constructor(source: string) {
    this.#source = source;
  }

  get atEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  /** Up to the closing parenthesis or the end. Flags set inside hold up to there, over `|` too. */
  alternation(outer: Flags): Part {
    let flags = outer;
    let alternatives: Part | undefined;
    let current: Part = EMPTY;
    while (!this.atEnd && !this.unsure && this.#source[this.#at] !== ")") {
      if (this.#source[this.#at] === "|") {
        this.#at++;
        alternatives = alternatives === undefined ? current : either(alternatives, current);
        current = EMPTY;
        continue;
      }
      const switched = this.#flagSwitch(flags);
      if (switched !== undefined) {
        flags = switched;
        continue;
      }
      for (const part of this.#quantified(this.#atom(flags))) current = concatenate(current, part);
    }
    return alternatives === undefined ? current : either(alternatives, current);
  }

  /** `(?i)` and its like: no part of its own, but other flags for what follows. */
  #flagSwitch(flags: Flags): Flags | undefined {
    if (this.#source[this.#at] !== "(") return undefined;
    const found = this.#look(FLAG_GROUP, this.#at + 1);
    if (found?.[3] !== ")") return undefined;
    this.#at += 1 + found[0].length;
    // What a quantifier repeats here is not obvious.
    if (this.#look(QUANTIFIER, this.#at) !== undefined) this.unsure = true;
    return withFlags(flags, found[1] ?? "", found[2] ?? "");
  }

  /** A quantifier holds for the last character of an atom only where the atom is quoted text (`\Qab\E*`). */
  #quantified(parts: readonly Part[]): readonly Part[] {
    const found = this.#look(QUANTIFIER, this.#at);
    if (found === undefined) return parts;
    this.#at += found[0].length;
    const last = parts.at(-1);
    if (last === undefined || this.#look(QUANTIFIER, this.#at) !== undefined) {
      this.unsure = true;
      return [];
    }
    const mark = found[0][0];
    const least = mark === "+" ? 1 : mark === "{" ? Number(found[1]) : 0;
    return [...parts.slice(0, -1), repeat(last, least)];
  }

  #atom(flags: Flags): readonly Part[] {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    switch (character) {
      case "(":
        return [this.#group(flags)];
      case "[":
        return [this.#characterClass()];
      case "\\":
        return this.#escape(flags);
      case "^":
        this.#at++;
        return [flags.multiLine ? EMPTY : TEXT_START];
      case "$":
        this.#at++;
        return [EMPTY];
      case ".":
        this.#at++;
        return [ANYTHING];
      case "*":
      case "+":
      case "?":
        return this.#giveUp();
      case "{":
        // RE2 takes a brace that opens no repetition literally; which ones do is only certain for some.
        if (/[0-9]/.test(this.#source[this.#at + 1] ?? "")) return this.#giveUp();
        break;
    }
    this.#at += character.length;
    return [characterPart(character, flags)];
  }

  #group(flags: Flags): Part {
    this.#at++;
    let inner = flags;
    if (this.#source[this.#at] === "?") {
      const withFlagsFound = this.#look(FLAG_GROUP, this.#at);
      const found = withFlagsFound ?? this.#look(NAMED_GROUP, this.#at);
      if (found === undefined) return this.#giveUp()[0] ?? ANYTHING;
      if (withFlagsFound !== undefined) inner = withFlags(flags, found[1] ?? "", found[2] ?? "");
      this.#at += found[0].length;
    }
    const part = this.alternation(inner);
    if (this.#source[this.#at] !== ")") this.unsure = true;
    this.#at++;
    return part;
  }

  #characterClass(): Part {
    this.#at++;
    if (this.#source[this.#at] === "^") this.#at++;
    // First in the class, a bracket is one of its characters.
    if (this.#source[this.#at] === "]") this.#at++;
    while (!this.atEnd) {
      const character = this.#source[this.#at];
      if (character === "]") {
        this.#at++;
        return ANYTHING;
      }
      if (character === "\\" && this.#source[this.#at + 1] === "Q") break;
      if (character === "\\") this.#at += 2;
      else if (character !== "[") this.#at++;
      else {
        const posix = this.#look(POSIX_CLASS, this.#at);
        if (posix === undefined || this.#source[this.#at - 1] === "-") break;
        this.#at += posix[0].length;
      }
    }
    this.unsure = true;
    return ANYTHING;
  }

  #escape(flags: Flags): readonly Part[] {
    const letter = this.#source[this.#at + 1] ?? "";
    if (letter === "Q") return this.#quoted(flags);
    if (letter === "p" || letter === "P") return this.#wholeEscape(UNICODE_CLASS, () => ANYTHING);
    if (letter === "x") {
      return this.#wholeEscape(HEXADECIMAL, (found) =>
        codePointPart(Number.parseInt(found[1] ?? found[2] ?? "", 16), flags),
      );
    }
    this.#at += 2;
    if ("dDsSwW".includes(letter) && letter !== "") return [ANYTHING];
    if (letter === "b" || letter === "B" || letter === "z") return [EMPTY];
    if (letter === "A") return [TEXT_START];
    const control = CONTROL[letter];
    if (control !== undefined) return [literalPart(control)];
    if (/^[!-/:-@[-`{-~]$/.test(letter)) return [literalPart(letter)];
    return this.#giveUp();
  }

  #quoted(flags: Flags): readonly Part[] {
    const start = this.#at + 2;
    const end = this.#source.indexOf("\\E", start);
    const text = this.#source.slice(start, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#source.length : end + 2;
    if (text === "") return this.#giveUp();
    return Array.from(text, (character) => characterPart(character, flags));
  }

  #wholeEscape(pattern: RegExp, part: (found: RegExpExecArray) => Part): readonly Part[] {
    const found = this.#look(pattern, this.#at);
    if (found === undefined) return this.#giveUp();
    this.#at += found[0].length;
    return [part(found)];
  }

  #look(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#source) ?? undefined;
  }

  #giveUp(): readonly Part[] {
    this.unsure = true;
    return [ANYTHING];
  }
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  return {
    ignoreCase: (flags.ignoreCase || on.includes("i")) && !off.includes("i"),
    multiLine: (flags.multiLine || on.includes("m")) && !off.includes("m"),
  };
}

function codePointPart(codePoint: number, flags: Flags): Part {
  return codePoint > 0x10ffff ? ANYTHING : characterPart(String.fromCodePoint(codePoint), flags);
}

/** Without regard to case, only ASCII characters that are no letters stand for themselves alone. */
function characterPart(character: string, flags: Flags): Part {
  return flags.ignoreCase && !/^[\0-@[-`{-\x7f]$/.test(character) ? ANYTHING : literalPart(character);
}
