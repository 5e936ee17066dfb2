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
  "COLUMNFAMILIES",
  "COUNTER",
  "CUSTOM",
  "EXISTS",
  "FUNCTION",
  "FUNCTIONS",
  "GROUP",
  "IDENTITY",
  "JSON",
  "KEYSPACES",
  "LIKE",
  "LIST",
  "ONLY",
  "PER",
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

interface Entry {
  readonly keyword: Keyword;
  /** Its bytes with CASE_BIT set. */
  readonly folded: Uint8Array;
}

const LENGTH_BITS = 4;
const LENGTH_MAX = (1 << LENGTH_BITS) - 1;
const LETTER_MASK = 0x1f;

/** With it, the two cases of a letter are the same, and no two other bytes of words are. */
const CASE_BIT = 0x20;

/** Some keywords by their first letter and their length: most other words meet none. */
export class KeywordTable {
  private readonly byShape: (readonly Entry[] | undefined)[] = new Array((LETTER_MASK + 1) << LENGTH_BITS);

  constructor(keywords: readonly Keyword[]) {
    this.byShape.fill(undefined);
    for (const keyword of keywords) {
      const folded = Buffer.from(keyword, "latin1").map((byte) => byte | CASE_BIT);
      const shape = shapeOf(folded[0] as number, folded.length);
      this.byShape[shape] = [...(this.byShape[shape] ?? []), { keyword, folded }];
    }
  }

  /** The keyword that the word in [start, end) is in any case, if it is one of these. */
  find(bytes: Buffer, start: number, end: number): Keyword | undefined {
    const length = end - start;
    if (length > LENGTH_MAX) return undefined;
    const entries = this.byShape[shapeOf(bytes[start] as number, length)];
    if (entries === undefined) return undefined;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as Entry;
      if (isWord(bytes, start, entry.folded)) return entry.keyword;
    }
    return undefined;
  }
}

function shapeOf(first: number, length: number): number {
  return ((first & LETTER_MASK) << LENGTH_BITS) | length;
}

/** Whether the word at `start`, which is as long, is this one. */
function isWord(bytes: Buffer, start: number, folded: Uint8Array): boolean {
  // The first letter is the same already.
  for (let index = 1; index < folded.length; index++) {
    if (((bytes[start + index] as number) | CASE_BIT) !== folded[index]) return false;
  }
  return true;
}

/** All keywords. */
export const KEYWORDS: KeywordTable = new KeywordTable([...RESERVED, ...UNRESERVED]);

/**
 * The keywords that are marks: reserved words that tell what a statement about rows does, and where another begins. Between
 * them nothing of it needs to be looked at.
 */
export const MARKS: KeywordTable = new KeywordTable([
  "APPLY",
  "BATCH",
  "BEGIN",
  "DELETE",
  "FROM",
  "IF",
  "INSERT",
  "INTO",
  "SELECT",
  "UPDATE",
]);
