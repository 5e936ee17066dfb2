import { asciiText } from "../../../lib/bytes/text.ts";
import { WORD_BYTE } from "./byte-class.ts";
import { isUnreserved } from "./keyword.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Longest name that is looked at. No server lets a keyspace or table have one that long. */
const NAME_BYTES_MAX = 256;

/** Names that are kept, so that the same one is not made into text again. A power of two; a newer name takes the place. */
const NAMES_KEPT = 2048;
const kept: string[] = new Array(NAMES_KEPT).fill("");

/**
 * The name that the token stands for as the server keeps it, or `undefined` if it is none, a reserved word, or a quoted
 * name with characters that no keyspace or table has. `?` is not a name: servers refuse markers there.
 */
export function nameOf(tokens: Tokenizer): string | undefined {
  const { kind } = tokens;
  if (kind === "quoted") return quotedName(tokens.bytes, tokens.start + 1, tokens.end - 1);
  if (kind !== "word" && !isUnreserved(kind)) return undefined;
  return tokens.end - tokens.start > NAME_BYTES_MAX ? undefined : unquotedName(tokens);
}

/** The servers' `toLowerCase` in the US locale: names without quotes are ASCII alone. */
function unquotedName({ bytes, start, end, hash }: Tokenizer): string {
  const place = (hash ^ (hash >>> 15)) & (NAMES_KEPT - 1);
  const name = kept[place] as string;
  if (isLowerCaseOf(name, bytes, start, end)) return name;
  const made = asciiText(bytes, start, end).toLowerCase();
  kept[place] = made;
  return made;
}

function isLowerCaseOf(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) !== WORD_BYTE[bytes[start + index] as number]) return false;
  }
  return true;
}

/** A name that stands as it is in [start, end). Quoted names are rare, and made anew each time. */
function quotedName(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > NAME_BYTES_MAX) return undefined;
  for (let index = start; index < end; index++) {
    if (WORD_BYTE[bytes[index] as number] === 0) return undefined;
  }
  return asciiText(bytes, start, end);
}

/** `[keyspace.]name`, into which names are read one after another. */
export class QualifiedName {
  keyspace: string | undefined = undefined;
  name = "";
  /** Equal for equal names that have no quotes. */
  hash = 0;

  /** Reads the name whose first token is the present one, and moves behind it. @returns Whether there is one. */
  read(tokens: Tokenizer): boolean {
    const first = nameOf(tokens);
    if (first === undefined) return false;
    this.hash = tokens.hash;
    if (tokens.next() !== ".") {
      this.keyspace = undefined;
      this.name = first;
      return true;
    }
    tokens.next();
    const second = nameOf(tokens);
    if (second === undefined) return false;
    this.hash = Math.imul(this.hash, 31) ^ tokens.hash;
    this.keyspace = first;
    this.name = second;
    tokens.next();
    return true;
  }
}
