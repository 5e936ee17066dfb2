import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { parseStatement } from "./parse-statement.ts";
import type { Need, ParsedStatement, Target } from "./statement.ts";

function parse(text: string): ParsedStatement {
  const bytes = Buffer.from(text);
  return parseStatement(bytes, 0, bytes.length);
}

function show(target: Target): string {
  if (target.kind === "none") return "-";
  return target.kind === "keyspace" ? `${target.keyspace ?? "?"}.` : `${target.keyspace ?? "?"}.${target.table}`;
}

/** `action[+action] target` of each need; `?` is the keyspace in force; what is not understood begins with `!`. */
function needs(text: string): string[] {
  const parsed = parse(text);
  if (!parsed.understood) return [`! ${parsed.reason}`];
  return parsed.needs.map(({ actions, target }: Need) => `${actions.join("+")} ${show(target)}`);
}

const TRICKY: readonly (readonly [text: string, ...needs: string[]])[] = [
  // The table is the one behind the first FROM that is no part of a string, name or comment.
  ["select * from evil.x where a = ' from ks.t '", "select evil.x"],
  ["select ' from ks.t ' from evil.x", "select evil.x"],
  ['select " from ks.t " from evil.x', "select evil.x"],
  ["select $$ from ks.t $$ from evil.x", "select evil.x"],
  ["select a /* from ks.t */ from evil.x -- from ks.t\n", "select evil.x"],
  ["select a -- from ks.t\nfrom evil.x", "select evil.x"],
  ["select [(a), {b: f(c)}] from/**/evil/**/./**/x", "select evil.x"],
  ["select a from ks.t from evil.x", "! what follows the name of the table is not expected"],
  ["select a from ks.t limit 1 from evil.x", "! the end of the statement is expected"],
  ["select a from ks.t; select a from evil.x", "! the end of the statement is expected"],
  ["select a from ks.t where b in (select c from evil.x)", "! the end of the statement is expected"],
  ["select a from ks.t where a = 1 if exists", "! IF is not expected in SELECT"],
  ['select a from "K_s"."T1"', "select K_s.T1"],
  ['select a from "ks"."t""x"', "! the name of a table is expected behind FROM"],
  ['select a from "ks.t"', "! the name of a table is expected behind FROM"],
  ['select a from ks."é"', "! the name of a table is expected behind FROM"],
  ['select a from ""', "! the name of a table is expected behind FROM"],
  ['select "" from ks.t', "select ks.t"],
  ["select a from ks.t, evil.x", "! what follows the name of the table is not expected"],
  ["select a from ks.t.x", "! what follows the name of the table is not expected"],
  ["select a from ks.t join evil.x", "! what follows the name of the table is not expected"],
  ["select a from ks:t", "! what follows the name of the table is not expected"],
  ["select a from t group by b", "select ?.t"],
  ["select a from t per partition limit 1", "select ?.t"],
  ["select a from where", "! the name of a table is expected behind FROM"],
  ["select a from ks.from", "! the name of a table is expected behind FROM"],
  ["select a from ks.?", "! the name of a table is expected behind FROM"],
  ["select a from 1t", "! a number runs into a word"],
  ["select a from list.key", "select list.key"],
  ["select a from ks.t;; ;", "select ks.t"],
  ["select a from ks.t; x", "! the end of the statement is expected"],
  ["select a", "! FROM is expected"],
  ["select a; from ks.t", "! FROM is expected"],
  ["select a from ks.t where b = 'x", "! a string does not end"],

  // A condition reads.
  ["insert into ks.t (a) values (1)", "insert ks.t"],
  ["insert into ks.t (a) values (1) if not exists using ttl 5", "insert+select ks.t"],
  ["insert into json json 'if'", "insert ?.json"],
  ["insert into ks.t (\"if\") values ('if') -- if\n", "insert ks.t"],
  ["insert ks.t (a) values (1)", "! INTO is expected behind INSERT"],
  ["update ks.t set a = 1 where b = 2 if c = 3 and d in (1, 2)", "update+select ks.t"],
  ["update ks.t using ttl 5 set a = a + {'x'} where b = 2", "update ks.t"],
  ["delete from ks.t where a = 1 if exists", "delete+select ks.t"],
  ["update ks.t set a = 1 where b = 2 if c = 3 if d = 4", "! the end of the statement is expected"],
  ["delete a['from'], b.c from t using timestamp 1 where a = 1", "delete ?.t"],

  // Batches, with and without semicolons.
  [
    "begin batch insert into a.b (c) values (1) update d set e = 1 where f = 2 if exists; delete from g.h where i = 1; apply batch;",
    "insert a.b",
    "update+select ?.d",
    "delete g.h",
  ],
  ["begin unlogged batch using timestamp 1 delete from a.b where c = 1 apply batch", "delete a.b"],
  ["begin counter batch update a.b set c = c + 1 where d = 1 apply batch", "update a.b"],
  ["update ks.t, evil.x set a = 1 where b = 2", "! what follows the name of the table is not expected"],
  ["update ks.t", "! what follows the name of the table is not expected"],
  ["insert into ks.t evil.x (a) values (1)", "! what follows the name of the table is not expected"],
  ["delete from ks.t", "! what follows the name of the table is not expected"],
  ["delete from ks.t if exists", "! what follows the name of the table is not expected"],
  ["begin batch if delete from a.b where c = 1 apply batch", "! APPLY BATCH is expected"],
  ["begin batch insert into a.b (c) values (1);; apply batch", "! APPLY BATCH is expected"],
  ["begin batch ; insert into a.b (c) values (1) apply batch", "! APPLY BATCH is expected"],
  ["begin batch select a from b apply batch", "! APPLY BATCH is expected"],
  ["begin batch insert into a.b (c) values (1)", "! APPLY BATCH is expected"],
  ["begin batch insert into a.b (c) values (1) apply batch select a from b", "! the end of the statement is expected"],
  ["begin batch begin batch delete from a.b where c = 1 apply batch apply batch", "! APPLY BATCH is expected"],
  ["begin batch apply batch", "! a batch without statements"],
  ["begin transaction select a from b commit transaction", "! BATCH is expected behind BEGIN"],

  // Schema: names whose keyspace comes from elsewhere.
  [
    "create materialized view ks.v as select a from b where a is not null primary key (a)",
    "create-materialized-view ks.v",
    "select ks.b",
  ],
  [
    "create materialized view if not exists v as select a from ks.b primary key (a)",
    "create-materialized-view ?.v",
    "select ks.b",
  ],
  ["create table a.b like c.d with indexes", "create-table a.b", "select c.d"],
  ["create table if (a int primary key)", "! NOT EXISTS is expected behind IF"],
  ["create table a.b as select * from c.d", "! columns or LIKE are expected behind the name of a table"],
  ["create index on t (values(a))", "create-index ?.t"],
  ["create custom index if not exists \"an index\" on ks.t (a) using 'x'", "create-index ks.t"],
  ["create index evil.i on ks.t (a)", "! ON is expected behind the name of an index"],
  [
    "create or replace function ks.f (a int) returns null on null input returns int language java as $$ ; drop table x; $$",
    "create-function ks.",
  ],
  ["create or replace table a.b (c int primary key)", "! FUNCTION or AGGREGATE is expected behind OR REPLACE"],
  ["create aggregate ag (int) sfunc f stype int", "create-aggregate ?."],
  ["create trigger tr on ks.t using 'x'", "create-trigger ks.t"],
  ["drop trigger if exists tr on ks.t", "drop-trigger ks.t"],
  ["alter table if exists ks.t add if not exists a int", "alter-table ks.t"],
  ["create function token () called on null input returns int language java as 'x'", "create-function ?."],
  ["drop function ks.token", "drop-function ks."],
  ["drop function token.f", "! the name of a function or aggregate is expected"],
  ["drop function ks.f (int), evil.f", "! the end of the statement is expected"],
  ["drop function ks.f (int", "! ) is expected behind types"],
  ["drop aggregate ks.f, evil.f", "! the end of the statement is expected"],
  ["drop type ks.a, evil.b", "! the end of the statement is expected"],
  ["drop index i on evil.x", "! the end of the statement is expected"],
  ["alter table ks.t, evil.x drop a", "! what to alter is expected behind the name"],
  ["create index on ks.t, evil.x (a)", "! columns are expected behind the name of a table"],
  ["create trigger tr on ks.t, evil.x using 'x'", "! USING is expected behind the name of a table"],
  ["create table a like b, c", "! WITH is expected behind the name of a table"],
  [
    "create materialized view v as select a from b, c primary key (a)",
    "! WHERE or PRIMARY KEY is expected behind the base table",
  ],
  ["drop table ks.t, evil.x", "! the end of the statement is expected"],
  ["drop keyspace ks.t", "! the end of the statement is expected"],
  ["drop index i", "drop-index ?."],
  ["drop function ks.f(map<text, int>)", "drop-function ks."],
  ["truncate columnfamily ks.t", "truncate-table ks.t"],
  ["truncate tables", "truncate-table ?.tables"],
  ["truncate table table", "! the name of a table is expected behind TRUNCATE"],
  ['use "Ks"', "use Ks."],
  ["use a.b", "! the end of the statement is expected"],

  // Access: roles may be called like permissions.
  ["grant all to bob", "grant-role -"],
  ["grant all on all keyspaces to bob", "grant-permission -"],
  ["grant 'on' to \"to\"", "grant-role -"],
  ["revoke select on ks.t from bob", "revoke-permission -"],
  ["revoke bob from alice", "revoke-role -"],
  ["revoke bob to alice", "! ON or FROM is expected in REVOKE"],
  ["list roles of bob", "list-roles -"],
  ["list roles of 'bob' norecursive", "list-roles -"],
  ["list roles select a from b", "! the end of the statement is expected"],
  ["list users of bob", "! the end of the statement is expected"],
  ["drop role if exists 'bob'", "drop-role -"],
  ["drop role bob, alice", "! the end of the statement is expected"],
  ["drop user user", "drop-user -"],
  ["drop identity 'x'", "drop-identity -"],
  ["list select on ks.t of bob", "list-permissions -"],
  ["list tables", "! what to list is expected behind LIST"],
  ["add identity 'x' to role 'y'", "add-identity -"],

  // DESCRIBE: words that are names where nothing else makes sense.
  ["describe tables", "describe -"],
  ["desc columnfamilies", "describe -"],
  ["desc full schema with internals", "describe -"],
  ["desc keyspace", "describe ?."],
  ["desc only keyspace ks", "describe ks."],
  ["desc only", "describe only.", "describe ?.only"],
  ["desc type ks.a", "describe ks."],
  ["desc type", "describe type.", "describe ?.type"],
  ["desc type.a", "describe type.a"],
  ["desc index ks.i", "describe ks."],
  ["desc materialized view ks.v", "describe ks.v"],
  ["desc tables.x", "! the end of the statement is expected"],
  ["desc ks.t x", "! the end of the statement is expected"],

  ["", "! the text is empty"],
  [" /* */ -- \n", "! the text is empty"],
  [";", "! no statement begins like this"],
  ["-- select a from b", "! a comment does not end"],
  ["merge into a.b", "! no statement begins like this"],
  ["'select' a from b", "! no statement begins like this"],
];

it("finds what tricky statements need", () => {
  for (const [text, ...expected] of TRICKY) assert.deepEqual(needs(text), expected, text);
});

it("marks a batch as one, also with one child", () => {
  const batch = parse("begin batch delete from a.b where c = 1 apply batch");
  assert.equal(batch.understood && batch.batch, true);
  const single = parse("delete from a.b where c = 1");
  assert.equal(single.understood && single.batch, false);
});

it("makes nothing anew for a form that comes again with other values", () => {
  const once = parse("SELECT a FROM kept.again WHERE b = 'one' LIMIT 1");
  assert.equal(parse("select a, c from KEPT.again where b = $$two$$"), once);
  const conditional = parse("INSERT INTO kept.again (a) VALUES (1) IF NOT EXISTS");
  assert.equal(parse("INSERT INTO kept.again (a) VALUES (2) IF NOT EXISTS"), conditional);
  assert.notEqual(parse("INSERT INTO kept.again (a) VALUES (2)"), conditional);
});

it("never takes what is kept of one name for another", () => {
  const name = fc
    .string({ unit: fc.constantFrom("a", "b", "A", "1", "_"), minLength: 0, maxLength: 9 })
    .map((rest) => `t${rest}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 20 }), (rows) => {
      for (const [keyspace, table, quoted, conditional] of rows) {
        const from = quoted ? `"${keyspace}"."${table}"` : `${keyspace}.${table}`;
        const named = quoted ? `${keyspace}.${table}` : from.toLowerCase();
        const update = `update ${from} set a = 1 where b = 2 ${conditional ? "if exists" : ""}`;
        assert.deepEqual(needs(update), [`update${conditional ? "+select" : ""} ${named}`]);
        assert.deepEqual(needs(`select * from ${from}`), [`select ${named}`]);
      }
    }),
    { numRuns: 500 },
  );
});

it("refuses names that no server has, whose text would be kept and logged", () => {
  const long = "x".repeat(300);
  assert.deepEqual(needs(`select a from ${long}`), ["! the name of a table is expected behind FROM"]);
  assert.deepEqual(needs(`use "${long}"`), ["! the name of a keyspace is expected behind USE"]);
});

it("reads deep and long texts without recursion", () => {
  const depth = 100_000;
  assert.deepEqual(needs(`select ${"(".repeat(depth)} from ks.t`), ["select ks.t"]);
  assert.deepEqual(needs(`insert into ks.t (a) values ('${"x''".repeat(depth)}')`), ["insert ks.t"]);
  const children = "delete from ks.t where a = 1;".repeat(10_000);
  const batch = parse(`begin batch ${children} apply batch`);
  assert.equal(batch.understood && batch.needs.length, 10_000);
});

it("tells reasons that hold nothing of the text", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("ZQ", "ZQ ", "'", '"', ";", "select ", "from ", ".", "-", "7"),
        maxLength: 12,
      }),
      (text) => {
        const parsed = parse(text);
        if (!parsed.understood) assert.doesNotMatch(parsed.reason, /zq|7/i);
      },
    ),
    { numRuns: 500 },
  );
});

it("keeps what is done to one table side by side", () => {
  const texts = [
    "select a from b.c",
    "insert into b.c (a) values (1)",
    "update b.c set a = 1",
    "delete from b.c where a = 1",
  ];
  const first = texts.map(parse);
  for (const [index, text] of texts.entries()) assert.equal(parse(text), first[index], text);
});
