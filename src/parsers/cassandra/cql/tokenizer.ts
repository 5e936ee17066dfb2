import { lineEnd, NOT_UTF8, pairEnd, quotedEnd } from "./delimited.ts";
import { KEYWORDS, type Keyword, MARKS } from "./keyword.ts";
import { isIsoDuration, isoAlternativeEnd, isUuid, numberEnd, uuidEnd } from "./literal.ts";
import { isDigit, isLetter, WORD_BYTE } from "./word-byte.ts";

/**
 * What a token is. `symbol` stands for those that no statement is told apart by. Operators of two characters are two
 * tokens here: they have no quote, letter or minus in them, so that nothing else is cut in another way.
 */
export type TokenKind =
  | "end"
  | "invalid"
  | "word"
  | "quoted"
  | "string"
  | "literal"
  | "symbol"
  | "."
  | ";"
  | "("
  | ")"
  | Keyword;

// What a byte begins outside of strings, quoted names and comments. Constants of this file are faster than imported ones.
const FOREIGN = 0;
const SPACE = 1;
const LETTER = 2;
const DIGIT = 3;
/** A character that is a token of its own, or part of an operator that only has such characters. */
const SYMBOL = 4;
const SINGLE_QUOTE = 5;
/** Minus, slash, double quote, dollar and exclamation mark: what they begin depends on the next byte. */
const RARE = 6;

/** The class of each byte. Control characters other than tab and line ends, and all that is not ASCII, begin no token. */
const BYTE_CLASS = new Uint8Array(256).fill(FOREIGN);
classify(" \t\n\r", SPACE);
classify("()[]{}<>=,;:.?*+%", SYMBOL);
classify("'", SINGLE_QUOTE);
classify('-/"$!', RARE);
for (let byte = 0; byte < BYTE_CLASS.length; byte++) {
  if (isLetter(byte)) BYTE_CLASS[byte] = LETTER;
  else if (isDigit(byte)) BYTE_CLASS[byte] = DIGIT;
}

function classify(characters: string, byteClass: number): void {
  for (const character of characters) BYTE_CLASS[character.charCodeAt(0)] = byteClass;
}

const IS_WORD_BYTE: Uint8Array = WORD_BYTE;

const EXCLAMATION = 0x21;
const QUOTE = 0x27;
const NAME_QUOTE = 0x22;
const DOLLAR_SIGN = 0x24;
const DASH = 0x2d;
const STAR = 0x2a;
const POINT = 0x2e;
const STROKE = 0x2f;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const LOWER_I = 0x69;
const LOWER_N = 0x6e;
const UPPER_P = 0x50;
const NOTHING = Buffer.alloc(0);

/** Symbols by their byte. */
const SYMBOLS: TokenKind[] = new Array(128).fill("symbol");
for (const symbol of [".", ";", "(", ")"] as const) SYMBOLS[symbol.charCodeAt(0)] = symbol;

const FOREIGN_CHARACTER = "a character is not part of CQL";
const UNENDED_STRING = "a string does not end";
const RUNNING_NUMBER = "a number runs into a word";

/**
 * Cuts CQL into tokens where the lexers of Cassandra 3.11 to 5.0 do (`Lexer.g`). Where they differ from each other, or
 * cut where a reader would not expect it, the token is `invalid`. White space and comments are passed over.
 */
export class Tokenizer {
  kind: TokenKind = "end";
  /** The token is [start, end) of the bytes; quoted ones have their quotes in it. */
  start = 0;
  end = 0;
  /** Why the last token is `invalid`, or empty. */
  problem = "";
  bytes: Buffer = NOTHING;
  private limit = 0;

  /** Begins before the first token of [start, end). */
  reset(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.end = start;
    this.limit = end;
    this.kind = "end";
    this.problem = "";
  }

  /** Lets go of the bytes. */
  release(): void {
    this.bytes = NOTHING;
  }

  /** Whether the present token is of this kind. */
  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  /** Moves to the next token. Behind `end` and `invalid` there is only the same. */
  next(): TokenKind {
    return this.scan(false);
  }

  /** Moves to the next `;`, `end`, `invalid` or keyword that is a mark. All that is between is cut in the same way. */
  nextMark(): TokenKind {
    return this.scan(true);
  }

  private scan(marksOnly: boolean): TokenKind {
    const { bytes, limit } = this;
    let at = this.end;
    while (at < limit) {
      const byte = bytes[at] as number;
      const byteClass = BYTE_CLASS[byte];
      if (byteClass === SPACE) {
        at++;
      } else if (byteClass === LETTER) {
        let end = at + 1;
        while (end < limit && IS_WORD_BYTE[bytes[end] as number] !== 0) end++;
        // UUIDs and one form of durations may begin with a letter, and go on with a minus.
        const literal = end < limit && bytes[end] === DASH ? literalEnd(bytes, at, limit) : 0;
        if (literal !== 0) {
          if (literal < 0) return this.fail(RUNNING_NUMBER);
          if (!marksOnly) return this.found("literal", at, literal);
          end = literal;
        } else if (marksOnly) {
          const mark = MARKS.find(bytes, at, end);
          if (mark !== undefined) return this.found(mark, at, end);
        } else {
          return this.found(KEYWORDS.find(bytes, at, end) ?? "word", at, end);
        }
        at = end;
      } else if (byteClass === SYMBOL) {
        if (!marksOnly || byte === SEMICOLON) return this.found(SYMBOLS[byte] as TokenKind, at, at + 1);
        at++;
      } else if (byteClass === SINGLE_QUOTE) {
        const end = quotedEnd(bytes, at + 1, limit, QUOTE);
        if (end < 0) return this.failDelimited(end, UNENDED_STRING);
        if (!marksOnly) return this.found("string", at, end);
        at = end;
      } else if (byteClass === DIGIT) {
        let end = at + 1;
        while (end < limit && BYTE_CLASS[bytes[end] as number] === DIGIT) end++;
        // A plain integer, mostly; all else is told apart elsewhere.
        const after = end < limit ? BYTE_CLASS[bytes[end] as number] : SPACE;
        if (after !== SPACE && (after !== SYMBOL || bytes[end] === POINT)) end = numberEnd(bytes, at, limit);
        if (end < 0) return this.fail(RUNNING_NUMBER);
        if (!marksOnly) return this.found("literal", at, end);
        at = end;
      } else {
        const kind = this.scanRare(at, byte);
        if (kind === "invalid" || (kind !== "comment" && !marksOnly)) return kind;
        at = this.end;
      }
    }
    // An invalid token is the last one: nobody who asks for more may take it for the end.
    return this.problem === "" ? this.found("end", limit, limit) : "invalid";
  }

  /** The token or comment at `at`, which begins with `byte`, which is rare or begins nothing. It is no mark. */
  private scanRare(at: number, byte: number): TokenKind | "comment" {
    const { bytes, limit } = this;
    const next = at + 1 < limit ? (bytes[at + 1] as number) : 0;
    switch (byte) {
      case NAME_QUOTE:
        return this.foundName(at, quotedEnd(bytes, at + 1, limit, NAME_QUOTE));
      case DOLLAR_SIGN:
        if (next !== DOLLAR_SIGN) return this.fail(FOREIGN_CHARACTER);
        return this.foundString(at, pairEnd(bytes, at + 2, limit, DOLLAR_SIGN, DOLLAR_SIGN));
      case DASH:
        if (next === DASH) return this.passComment(lineEnd(bytes, at + 2, limit));
        if (isDigit(next)) return this.foundNumber(at, numberEnd(bytes, at, limit));
        if (isLetter(next) && !isMinusBefore(bytes, at + 1, limit)) {
          return this.fail("a minus runs into a word");
        }
        return this.found("symbol", at, at + 1);
      case STROKE:
        if (next === STROKE) return this.passComment(lineEnd(bytes, at + 2, limit));
        if (next === STAR) return this.passComment(pairEnd(bytes, at + 2, limit, STAR, STROKE));
        return this.found("symbol", at, at + 1);
      case EXCLAMATION:
        // Only `!=` is an operator.
        return next === EQUALS ? this.found("symbol", at, at + 2) : this.fail(FOREIGN_CHARACTER);
      default:
        return this.fail(FOREIGN_CHARACTER);
    }
  }

  private foundName(start: number, end: number): TokenKind {
    if (end < 0) return this.failDelimited(end, "a quoted name does not end");
    return this.found("quoted", start, end);
  }

  private foundString(start: number, end: number): TokenKind {
    return end < 0 ? this.failDelimited(end, UNENDED_STRING) : this.found("string", start, end);
  }

  private foundNumber(start: number, end: number): TokenKind {
    return end < 0 ? this.fail(RUNNING_NUMBER) : this.found("literal", start, end);
  }

  private passComment(end: number): "comment" | "invalid" {
    if (end < 0) return this.failDelimited(end, "a comment does not end");
    this.end = end;
    return "comment";
  }

  private found(kind: TokenKind, start: number, end: number): TokenKind {
    this.start = start;
    this.end = end;
    this.kind = kind;
    return kind;
  }

  private fail(problem: string): "invalid" {
    this.problem = problem;
    this.found("invalid", this.limit, this.limit);
    return "invalid";
  }

  private failDelimited(code: number, unended: string): "invalid" {
    return this.fail(code === NOT_UTF8 ? "the text is not UTF-8" : unended);
  }
}

/** End of the UUID or ISO duration that begins with the letter at `at`; 0 if none does, -1 if it runs into a word. */
function literalEnd(bytes: Buffer, at: number, limit: number): number {
  return isUuid(bytes, at, limit) ? uuidEnd(bytes, at, limit) : isoAlternativeEnd(bytes, at, limit);
}

/**
 * Whether a minus before the letter at `at` is a token that ends there. From 4.0 on `-nan` and `-infinity` are tokens even
 * where a longer word follows, and `-n` and `-i` the beginning of them; in all versions `-P` is the beginning of a duration,
 * behind which a word may follow at once. What `-nanfrom`, `-id` or `-PT1Hfrom` is depends on all that.
 */
function isMinusBefore(bytes: Buffer, at: number, limit: number): boolean {
  const letter = WORD_BYTE[bytes[at] as number] as number;
  let end = at + 1;
  while (end < limit && WORD_BYTE[bytes[end] as number] !== 0) end++;
  if (letter === LOWER_N || letter === LOWER_I) {
    const word = KEYWORDS.find(bytes, at, end);
    return word === "NAN" || word === "INFINITY";
  }
  return bytes[at] !== UPPER_P || isIsoDuration(bytes, at, end) || isoAlternativeEnd(bytes, at, limit) > 0;
}
