import { WORD_BYTE } from "./byte-class.ts";

/**
 * Words that no version from 3.11 on takes for a name unless they are quoted. Everything here rests on them: wherever one
 * stands outside of quotes, it is the keyword.
 */
const RESERVED = [
  "ADD",
  "ALLOW",
  "ALTER",
  "AND",
  "APPLY",
  "ASC",
  "AUTHORIZE",
  "BATCH",
  "BEGIN",
  "BY",
  "COLUMNFAMILY",
  "CREATE",
  "DELETE",
  "DESC",
  "DESCRIBE",
  "DROP",
  "ENTRIES",
  "EXECUTE",
  "FROM",
  "FULL",
  "GRANT",
  "IF",
  "IN",
  "INDEX",
  "INFINITY",
  "INSERT",
  "INTO",
  "IS",
  "KEYSPACE",
  "LIMIT",
  "MATERIALIZED",
  "MODIFY",
  "NAN",
  "NORECURSIVE",
  "NOT",
  "NULL",
  "OF",
  "ON",
  "OR",
  "ORDER",
  "PRIMARY",
  "RENAME",
  "REVOKE",
  "SCHEMA",
  "SELECT",
  "SET",
  "TABLE",
  "TO",
  "TOKEN",
  "TRUNCATE",
  "UNLOGGED",
  "UPDATE",
  "USE",
  "USING",
  "VIEW",
  "WHERE",
  "WITH",
] as const;

/** Words that some statement begins with or is known by, and that may be names as well. */
const UNRESERVED = [
  "AGGREGATE",
  "AGGREGATES",
  "ALL",
  "AS",
  "CLUSTER",
  "COUNTER",
  "CUSTOM",
  "EXISTS",
  "FUNCTION",
  "FUNCTIONS",
  "IDENTITY",
  "KEYSPACES",
  "LIKE",
  "LIST",
  "ONLY",
  "REPLACE",
  "ROLE",
  "ROLES",
  "SELECT_MASKED",
  "SUPERUSERS",
  "TABLES",
  "TRIGGER",
  "TYPE",
  "TYPES",
  "UNMASK",
  "USER",
  "USERS",
] as const;

export type ReservedWord = (typeof RESERVED)[number];
export type UnreservedWord = (typeof UNRESERVED)[number];
export type Keyword = ReservedWord | UnreservedWord;

const unreserved: ReadonlySet<string> = new Set(UNRESERVED);

/** Whether a keyword may be a name without quotes. */
export function isUnreserved(word: string): word is UnreservedWord {
  return unreserved.has(word);
}

/** Where the hash of a word starts, and how it takes in the next byte, which is in lower case. */
export const WORD_HASH_START = 0;
export function wordHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** Several times the number of keywords, so that most other words meet an empty place at once. A power of two. */
const PLACES = 1024;

interface Entry {
  readonly keyword: Keyword;
  readonly hash: number;
  readonly lowerCase: Uint8Array;
}

/** Keywords by their hash; the next free place where two of them meet. */
const table: (Entry | undefined)[] = new Array(PLACES).fill(undefined);

for (const keyword of [...RESERVED, ...UNRESERVED]) {
  const lowerCase = Buffer.from(keyword.toLowerCase(), "latin1");
  const hash = lowerCase.reduce(wordHash, WORD_HASH_START);
  let place = placeOf(hash);
  while (table[place] !== undefined) place = (place + 1) & (PLACES - 1);
  table[place] = { keyword, hash, lowerCase };
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

/** The keyword that the word in [start, end) is in any case, if it is one. `hash` is the word's. */
export function findKeyword(bytes: Buffer, start: number, end: number, hash: number): Keyword | undefined {
  let place = placeOf(hash);
  for (let entry = table[place]; entry !== undefined; entry = table[place]) {
    if (entry.hash === hash && isWord(bytes, start, end, entry.lowerCase)) return entry.keyword;
    place = (place + 1) & (PLACES - 1);
  }
  return undefined;
}

function isWord(bytes: Buffer, start: number, end: number, lowerCase: Uint8Array): boolean {
  if (end - start !== lowerCase.length) return false;
  for (let index = 0; index < lowerCase.length; index++) {
    if (WORD_BYTE[bytes[start + index] as number] !== lowerCase[index]) return false;
  }
  return true;
}
