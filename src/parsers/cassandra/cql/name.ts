import { asciiText } from "../../../lib/bytes/text.ts";
import { isUnreserved } from "./keyword.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { WORD_BYTE } from "./word-byte.ts";

/** Longest name that is looked at. No server lets a keyspace or table have one that long. */
const NAME_BYTES_MAX = 256;

/** Names that are kept, so that the same one is not made into text again. A power of two; a newer name takes the place. */
const NAMES_KEPT = 16_384;

/** A name with what its place in tables is found by. Equal names may differ in that, if one of them was quoted. */
interface Name {
  readonly text: string;
  readonly hash: number;
}

interface KeptName extends Name {
  readonly bytes: Uint8Array;
}

/** How many of a name's last bytes its place depends on. */
const HASHED_BYTES = 4;

const kept: KeptName[] = new Array(NAMES_KEPT).fill({ text: "", bytes: new Uint8Array(0), hash: 0 });

/**
 * The name that the token stands for as the server keeps it, or `undefined` if it is none, a reserved word, or a quoted
 * name with characters that no keyspace or table has. `?` is not a name: servers refuse markers there.
 */
export function nameOf(tokens: Tokenizer): string | undefined {
  return readName(tokens)?.text;
}

/** Whether the present token can be a name that policy does not look at. */
export function isAnyName(tokens: Tokenizer): boolean {
  const { kind } = tokens;
  return kind === "word" || kind === "quoted" || isUnreserved(kind);
}

/** Whether the present token can be the name of a role, user or identity. */
export function isRoleName(tokens: Tokenizer): boolean {
  return tokens.kind === "string" || isAnyName(tokens);
}

function readName({ kind, bytes, start, end }: Tokenizer): Name | undefined {
  if (end - start > NAME_BYTES_MAX) return undefined;
  if (kind === "word" || isUnreserved(kind)) return unquotedName(bytes, start, end);
  return kind === "quoted" ? quotedName(bytes, start + 1, end - 1) : undefined;
}

/** The servers' `toLowerCase` in the US locale: names without quotes are ASCII alone. */
function unquotedName(bytes: Buffer, start: number, end: number): Name {
  const hash = hashOf(bytes, start, end);
  const place = hash & (NAMES_KEPT - 1);
  const name = kept[place] as KeptName;
  if (isLowerCaseOf(name.bytes, bytes, start, end)) return name;
  const text = asciiText(bytes, start, end).toLowerCase();
  // Memory of its own: a part of a pool would keep all of that pool.
  const made = { text, bytes: new Uint8Array(Buffer.from(text, "latin1")), hash };
  kept[place] = made;
  return made;
}

/** Of the length and the bytes in which names of one application mostly differ: the first and the last ones. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  hash = Math.imul(hash, 31) + (WORD_BYTE[bytes[start] as number] as number);
  for (let index = Math.max(start, end - HASHED_BYTES); index < end; index++) {
    hash = (Math.imul(hash, 31) + (WORD_BYTE[bytes[index] as number] as number)) | 0;
  }
  return hash ^ (hash >>> 15);
}

function isLowerCaseOf(name: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (name[index] !== WORD_BYTE[bytes[start + index] as number]) return false;
  }
  return true;
}

/** A name that stands as it is in [start, end). Quoted names are rare, and made anew each time. */
function quotedName(bytes: Buffer, start: number, end: number): Name | undefined {
  // Old tables may have a column with an empty name, but there is no such table.
  if (start === end) return undefined;
  for (let index = start; index < end; index++) {
    if (WORD_BYTE[bytes[index] as number] === 0) return undefined;
  }
  return { text: asciiText(bytes, start, end), hash: end - start };
}

/** The name that stands in [start, end) outside of any statement, or `undefined` if no keyspace or table has it. */
export function nameAsWritten(bytes: Buffer, start: number, end: number): string | undefined {
  return end - start > NAME_BYTES_MAX ? undefined : quotedName(bytes, start, end)?.text;
}

/** `[keyspace.]name`, into which names are read one after another. */
export class QualifiedName {
  keyspace: string | undefined = undefined;
  name = "";
  /** For tables: equal names have the same, unless one of them was quoted. */
  hash = 0;

  /** Reads the name whose first token is the present one, and moves behind it. @returns Whether there is one. */
  read(tokens: Tokenizer): boolean {
    const first = readName(tokens);
    if (first === undefined) return false;
    if (tokens.next() !== ".") {
      this.keyspace = undefined;
      this.name = first.text;
      this.hash = first.hash;
      return true;
    }
    tokens.next();
    const second = readName(tokens);
    if (second === undefined) return false;
    this.keyspace = first.text;
    this.name = second.text;
    this.hash = Math.imul(first.hash, 31) ^ second.hash;
    tokens.next();
    return true;
  }
}

/** The keyspace of a function, which may not be named. */
export interface FunctionName {
  readonly keyspace: string | undefined;
}

/**
 * Reads `[keyspace.]function`, whose first token is the present one, and moves behind it. A function may be called `token`:
 * of all reserved words this one only.
 */
export function readFunctionName(tokens: Tokenizer): FunctionName | undefined {
  const first = nameOf(tokens);
  if (first === undefined && tokens.kind !== "TOKEN") return undefined;
  if (tokens.next() !== ".") return { keyspace: undefined };
  tokens.next();
  if (first === undefined || (nameOf(tokens) === undefined && tokens.kind !== "TOKEN")) return undefined;
  tokens.next();
  return { keyspace: first };
}
