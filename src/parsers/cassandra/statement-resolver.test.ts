import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStatement } from "./cql/parse-statement.ts";
import type { Statement } from "./cql/statement.ts";
import { Keyspaces } from "./keyspaces.ts";
import { RESOLVED_MAX } from "./limits.ts";
import type { ResolvedStatement } from "./resolved-statement.ts";
import { StatementResolver } from "./statement-resolver.ts";

function statementOf(text: string): Statement {
  const bytes = Buffer.from(text);
  const parsed = parseStatement(bytes, 0, bytes.length);
  assert.ok(parsed.understood);
  return parsed;
}

function inForce(keyspace: string): Keyspaces {
  const keyspaces = new Keyspaces();
  keyspaces.begin(keyspace);
  keyspaces.confirmed(keyspace);
  return keyspaces;
}

const tablesOf = ({ needs }: ResolvedStatement): unknown[] =>
  needs.map(({ requests }) => requests[0]?.attributes["query_table"]);

test("a statement is resolved once for each keyspace, and once for all if it names its own", () => {
  const resolver = new StatementResolver();
  const [open, named] = [statementOf("SELECT x FROM t"), statementOf("SELECT x FROM c.t")];
  const [a, b] = [inForce("a"), inForce("b")];
  assert.deepEqual(tablesOf(resolver.resolve(open, a)), ["a.t"]);
  assert.deepEqual(tablesOf(resolver.resolve(open, b)), ["b.t"]);
  assert.equal(resolver.resolve(open, a), resolver.resolve(open, inForce("a")));
  assert.deepEqual(tablesOf(resolver.resolve(named, a)), ["c.t"]);
  assert.equal(resolver.resolve(named, a), resolver.resolve(named, b));
});

test("what is kept is bounded, however many statements and keyspaces there are", () => {
  const resolver = new StatementResolver();
  // Held, as the parser of statements holds the frequent ones.
  const statements = Array.from({ length: RESOLVED_MAX / 32 }, (_, index) => statementOf(`SELECT x FROM t${index}`));
  const first = statements[0] as Statement;
  const kept = resolver.resolve(first, inForce("k0"));
  for (let index = 0; index < 32; index++) {
    const keyspaces = inForce(`k${index}`);
    for (const statement of statements) resolver.resolve(statement, keyspaces);
  }
  assert.equal(resolver.resolve(first, inForce("k0")), kept);
  assert.deepEqual(tablesOf(resolver.resolve(first, inForce("one more"))), ["one more.t0"]);
  assert.notEqual(resolver.resolve(first, inForce("k0")), kept);
});
