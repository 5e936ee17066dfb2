import {
  BYTE_CLASS,
  DIGIT,
  DOLLAR,
  DOUBLE_QUOTE,
  EXCLAMATION,
  LETTER,
  MINUS,
  SINGLE_QUOTE,
  SLASH,
  SPACE,
  SYMBOL,
  WORD_BYTE,
} from "./byte-class.ts";
import { findKeyword, type Keyword, WORD_HASH_START, wordHash } from "./keyword.ts";
import { isIsoDuration, isoAlternativeEnd, isUuid, numberEnd, uuidEnd } from "./literal.ts";
import { utf8Length } from "./utf8.ts";

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
  | Keyword;

const QUOTE = 0x27;
const NAME_QUOTE = 0x22;
const DOLLAR_SIGN = 0x24;
const DASH = 0x2d;
const STAR = 0x2a;
const STROKE = 0x2f;
const EQUALS = 0x3d;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LOWER_I = 0x69;
const LOWER_N = 0x6e;
const UPPER_P = 0x50;
const NOTHING = Buffer.alloc(0);

/** Symbols by their byte. */
const SYMBOLS: TokenKind[] = new Array(128).fill("symbol");
for (const symbol of [".", ";", "("] as const) SYMBOLS[symbol.charCodeAt(0)] = symbol;

/**
 * Cuts CQL into tokens where the lexers of Cassandra 3.11 to 5.0 do (`Lexer.g`). Where they differ from each other, or
 * cut where a reader would not expect it, the token is `invalid`. White space and comments are passed over.
 */
export class Tokenizer {
  kind: TokenKind = "end";
  /** The token is [start, end) of the bytes; quoted ones have their quotes in it. */
  start = 0;
  end = 0;
  /** Of a word or keyword: the hash of its lower case. */
  hash = 0;
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

  /** Moves to the next token. Behind `end` and `invalid` there is only the same. */
  next(): TokenKind {
    const { bytes, limit } = this;
    let at = this.end;
    for (;;) {
      if (at >= limit) return this.ending();
      const byte = bytes[at] as number;
      switch (BYTE_CLASS[byte]) {
        case SPACE:
          at++;
          continue;
        case LETTER:
          return this.word(at);
        case DIGIT:
          return this.number(at);
        case SYMBOL:
          return this.found(SYMBOLS[byte] as TokenKind, at, at + 1);
        case SINGLE_QUOTE:
          return this.delimited("string", QUOTE, at, "a string does not end");
        case DOUBLE_QUOTE:
          return this.name(at);
        case MINUS:
          if (bytes[at + 1] !== DASH || at + 1 >= limit) return this.minus(at);
          at = this.lineEnd(at + 2);
          break;
        case SLASH:
          if (at + 1 < limit && bytes[at + 1] === STROKE) at = this.lineEnd(at + 2);
          else if (at + 1 < limit && bytes[at + 1] === STAR) at = this.pairEnd(at + 2, STAR, STROKE);
          else return this.found("symbol", at, at + 1);
          break;
        case DOLLAR:
          return this.dollars(at);
        case EXCLAMATION:
          // Only `!=` is an operator.
          if (at + 1 < limit && bytes[at + 1] === EQUALS) return this.found("symbol", at, at + 2);
          return this.fail("a character is not part of CQL");
        default:
          return this.fail("a character is not part of CQL");
      }
      if (at < 0) return this.fail("a comment does not end");
    }
  }

  /** An invalid token is the last one: nobody who asks for more may take it for the end. */
  private ending(): TokenKind {
    return this.problem === "" ? this.found("end", this.limit, this.limit) : "invalid";
  }

  private found(kind: TokenKind, start: number, end: number): TokenKind {
    this.start = start;
    this.end = end;
    this.kind = kind;
    return kind;
  }

  private fail(problem: string): TokenKind {
    this.problem = problem;
    this.end = this.limit;
    this.kind = "invalid";
    return "invalid";
  }

  private word(start: number): TokenKind {
    const { bytes, limit } = this;
    let hash = WORD_HASH_START;
    let end = start;
    for (; end < limit; end++) {
      const byte = WORD_BYTE[bytes[end] as number] as number;
      if (byte === 0) break;
      hash = wordHash(hash, byte);
    }
    // UUIDs and one form of durations may begin with a letter, and go on with a minus.
    if (end < limit && bytes[end] === DASH) {
      if (isUuid(bytes, start, limit)) return this.literal(start, uuidEnd(bytes, start, limit));
      const isoEnd = isoAlternativeEnd(bytes, start, limit);
      if (isoEnd !== 0) return this.literal(start, isoEnd);
    }
    this.hash = hash;
    return this.found(findKeyword(bytes, start, end, hash) ?? "word", start, end);
  }

  private number(start: number): TokenKind {
    return this.literal(start, numberEnd(this.bytes, start, this.limit));
  }

  private literal(start: number, end: number): TokenKind {
    return end < 0 ? this.fail("a number runs into a word") : this.found("literal", start, end);
  }

  private minus(start: number): TokenKind {
    const { bytes, limit } = this;
    const next = start + 1 < limit ? (bytes[start + 1] as number) : 0;
    if (BYTE_CLASS[next] === DIGIT) return this.number(start);
    // From 4.0 on, `-nan` and `-infinity` are tokens even where a longer word follows, and `-n` and `-i` the beginning of
    // them: what `-nanfrom` or `-id` is depends on the version.
    const letter = WORD_BYTE[next] as number;
    if (letter === LOWER_N || letter === LOWER_I) {
      const kind = this.word(start + 1);
      if (kind !== "NAN" && kind !== "INFINITY") return this.fail("a minus runs into a word");
    }
    // Likewise `-P` can only be the beginning of a duration, behind which a word may follow at once: `-PT1Hfrom`.
    if (next === UPPER_P) {
      const kind = this.word(start + 1);
      if (kind !== "literal" && !isIsoDuration(bytes, this.start, this.end))
        return this.fail("a minus runs into a word");
    }
    return this.found("symbol", start, start + 1);
  }

  private name(start: number): TokenKind {
    const kind = this.delimited("quoted", NAME_QUOTE, start, "a quoted name does not end");
    return kind === "quoted" && this.end === start + 2 ? this.fail("a quoted name is empty") : kind;
  }

  /** What is between two `quote`, which stands twice where it is part of the text. */
  private delimited(kind: "string" | "quoted", quote: number, start: number, problem: string): TokenKind {
    const { bytes, limit } = this;
    let at = start + 1;
    while (at < limit) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) {
        const length = utf8Length(bytes, at, limit);
        if (length === 0) return this.fail("the text is not UTF-8");
        at += length;
      } else if (byte !== quote) {
        at++;
      } else if (at + 1 < limit && bytes[at + 1] === quote) {
        at += 2;
      } else {
        return this.found(kind, start, at + 1);
      }
    }
    return this.fail(problem);
  }

  private dollars(start: number): TokenKind {
    if (start + 1 >= this.limit || this.bytes[start + 1] !== DOLLAR_SIGN)
      return this.fail("a character is not part of CQL");
    const end = this.pairEnd(start + 2, DOLLAR_SIGN, DOLLAR_SIGN);
    return end < 0 ? this.fail("a string does not end") : this.found("string", start, end);
  }

  /** Behind the first `first` `second`, or -1. */
  private pairEnd(from: number, first: number, second: number): number {
    const { bytes, limit } = this;
    let at = from;
    while (at + 1 < limit) {
      const byte = bytes[at] as number;
      if (byte === first && bytes[at + 1] === second) return at + 2;
      const length = byte < 0x80 ? 1 : utf8Length(bytes, at, limit);
      if (length === 0) return -1;
      at += length;
    }
    return -1;
  }

  /** Behind the line end that a comment needs, or -1. */
  private lineEnd(from: number): number {
    const { bytes, limit } = this;
    let at = from;
    while (at < limit) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return at + 1;
      const length = byte < 0x80 ? 1 : utf8Length(bytes, at, limit);
      if (length === 0) return -1;
      at += length;
    }
    return -1;
  }
}
