import { type Choices, oneOf, seldom } from "./choices.ts";

/**
 * Lower-case words that need no quotes anywhere. A usual hash of strings (31) takes `an` and `c0` for the same, one of
 * lengths and ends `public_rows` and `pocket_rows`.
 */
const PLAIN = [
  "t",
  "ks",
  "a",
  "evil",
  "x",
  "t_1",
  "fromage",
  "iffy",
  "p",
  "e5",
  "f00d",
  "selection",
  "applying",
  "an",
  "c0",
  "public_rows",
  "pocket_rows",
] as const;

/** Words that are both keyword and name: unquoted as table or keyspace they are names. */
const UNRESERVED = [
  ...[
    "all",
    "as",
    "clustering",
    "compact",
    "contains",
    "count",
    "custom",
    "default",
    "distinct",
    "exists",
    "filtering",
  ],
  ...[
    "function",
    "group",
    "int",
    "json",
    "key",
    "keys",
    "keyspaces",
    "like",
    "list",
    "map",
    "mbean",
    "partition",
    "per",
  ],
  ...[
    "permissions",
    "replace",
    "role",
    "static",
    "storage",
    "text",
    "timestamp",
    "trigger",
    "ttl",
    "tuple",
    "type",
    "user",
  ],
  ...["users", "values", "vector", "writetime", "ann", "masked", "unmask", "identity", "only", "cluster", "tables"],
] as const;

/** Names that are only names in quotes. */
const QUOTED = [
  "FROM",
  "from",
  "If",
  "if",
  "select",
  "T",
  "Ks",
  "apply",
  "BATCH",
  "1",
  "9a",
  "_x",
  "where",
  "into",
  "on",
];

/** What only columns, roles and the like may be called. */
const STRANGE = [
  " from ks.t ",
  "a.b",
  'a"b',
  "it's",
  "--",
  "/*",
  "*/",
  "$$",
  ";",
  "x\ny",
  "ä",
  "APPLY BATCH",
  " IF EXISTS",
];

const UNQUOTED: ReadonlySet<string> = new Set<string>([...PLAIN, ...UNRESERVED]);

/** Whether the server reads this name without quotes as itself, in any case. */
export function needsNoQuotes(name: string): boolean {
  return UNQUOTED.has(name);
}

/** A keyspace or table: letters, digits and `_`. */
export function aName(choices: Choices): string {
  return oneOf(choices, oneOf(choices, [PLAIN, PLAIN, UNRESERVED, QUOTED]));
}

/** A name that no keyword is like unless it stands in quotes: where a grammar would take the keyword. */
export function aPlainName(choices: Choices): string {
  return oneOf(choices, oneOf(choices, [PLAIN, QUOTED]));
}

/** A column, role, trigger, field: anything. */
export function aFreeName(choices: Choices): string {
  return seldom(choices, 4) ? oneOf(choices, STRANGE) : aPlainName(choices);
}
