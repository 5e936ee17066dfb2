import { IN_FORCE } from "./asked.ts";

const KEYSPACES = ["ks", "evil", IN_FORCE, '"Ks"'];
const TABLES = ["ks.t", "ks.u", "evil.x", "evil.y", `${IN_FORCE}.t`, `${IN_FORCE}.u`];

/** Columns of all tables. The server checks types before permissions, so that each statement fits some of them. */
export const TABLE_SHAPES: readonly string[] = [
  "k int PRIMARY KEY, a int, b int, c int, d int, e int, m map<text, text>, l list<int>, exists int, json text",
  "a int PRIMARY KEY, b int, c int, d int, json text, k int, v vector<float, 2>",
  "a text PRIMARY KEY, b text, k int, json text",
  "k text PRIMARY KEY, a text",
  "k int PRIMARY KEY, c counter, d counter, e counter, f counter",
  "a int, b int, c int, d int, PRIMARY KEY ((a, b), c, d)",
  "a text, b text, k int, PRIMARY KEY (a, b)",
];

/** What is there from the beginning. */
export const SETUP: readonly string[] = [
  ...KEYSPACES.map(
    (name) => `CREATE KEYSPACE ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  ),
  ...["ks", IN_FORCE].flatMap((name) => [
    `CREATE TABLE ${name}.base (a int PRIMARY KEY, b int)`,
    `CREATE INDEX i ON ${name}.base (b)`,
    `CREATE MATERIALIZED VIEW ${name}.v AS SELECT * FROM ${name}.base WHERE a IS NOT NULL PRIMARY KEY (a)`,
    `CREATE FUNCTION ${name}.f (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 1;'`,
    `CREATE FUNCTION ${name}.s (a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 1;'`,
    `CREATE AGGREGATE ${name}.g (int) SFUNC s STYPE int`,
  ]),
  `CREATE TABLE ${IN_FORCE}.json (json text PRIMARY KEY)`,
  ...['"Ks"."T"', `${IN_FORCE}."T"`, '"Ks".t', 'ks."T"'].map((name) => `CREATE TABLE ${name} (a int PRIMARY KEY)`),
  ...["r", "s", "u"].map((name) => `CREATE ROLE ${name}`),
];

/** Makes all tables anew with these columns. */
export function tablesOf(shape: string): readonly string[] {
  return TABLES.flatMap((name) => [`DROP TABLE IF EXISTS ${name}`, `CREATE TABLE ${name} (${shape})`]);
}
