import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Client, errors, types } from "cassandra-driver";
import { NOT_UNDERSTOOD, type Row, toBytes, toStatement } from "../cassandra/statements/row.ts";
import { STATEMENT_TABLE } from "../cassandra/statements/statement-table.ts";
import { type Cassandra, cassandraOrSkip } from "../support/cassandra.ts";
import { askedBy, askedFor, IN_FORCE, isAskedFor } from "./authorizer/asked.ts";
import { SETUP, TABLE_SHAPES, tablesOf } from "./authorizer/schema.ts";

const NOBODY = "nobody";
const PASSWORD = "no secret";
/** How many rows are compared at least, of all and of each family that the server asks permissions for. */
const COMPARED_MIN = 280;
const COMPARED_OF_FAMILY_MIN = 8;

/** Statements that do no harm when they are done. */
const ROW_ACTIONS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete"]);

/** The server asks nothing for these, and we ask for something. */
const NOT_ASKED = [
  /^USE\b/i,
  /^DESC/i,
  /^LIST (ROLES|USERS)/i,
  /FROM system/,
  // There is none, and nothing is done.
  /^(DROP (FUNCTION|AGGREGATE)|(ALTER|DROP) MATERIALIZED VIEW) IF EXISTS/,
];

test("the server's authorizer asks for the table, keyspace or role that we name", async (t) => {
  const cassandra = await cassandraOrSkip(t, { auth: true });
  if (cassandra === undefined) return;
  const superuser = await connect(t, cassandra, "cassandra", "cassandra");
  for (const text of SETUP) await superuser.execute(text);
  await superuser.execute(`CREATE ROLE ${NOBODY} WITH PASSWORD = '${PASSWORD}' AND LOGIN = true`);
  const nobody = await connect(t, cassandra, NOBODY, PASSWORD, IN_FORCE);

  await t.test("for every row that fits some table", async (t) => {
    const compared = new Map<string, number>();
    const left = new Map([...STATEMENT_TABLE].map(([family, rows]) => [family, rows.filter(isAsked)]));
    for (const shape of TABLE_SHAPES) {
      for (const text of tablesOf(shape)) await superuser.execute(text);
      for (const [family, rows] of left) {
        const others: Row[] = [];
        for (const row of rows) if (!(await isCompared(nobody, superuser, row))) others.push(row);
        compared.set(family, (compared.get(family) ?? 0) + rows.length - others.length);
        left.set(family, others);
      }
    }
    t.diagnostic(`compared: ${JSON.stringify(Object.fromEntries(compared))}`);
    for (const [family, count] of compared) {
      if (family !== "describe") assert.ok(count >= COMPARED_OF_FAMILY_MIN, `only ${count} of "${family}"`);
    }
    assert.ok([...compared.values()].reduce((sum, count) => sum + count) >= COMPARED_MIN);
  });

  await t.test("but for what only it knows of: functions that are called, and views that a table has", async () => {
    await superuser.execute(`GRANT SELECT ON TABLE ks.base TO ${NOBODY}`);
    await forgetPermissions(superuser);
    assert.equal(await attempt(nobody, "SELECT ks.f(a) FROM ks.base"), "EXECUTE <function ks.f(int)>");
    await superuser.execute(`REVOKE SELECT ON TABLE ks.base FROM ${NOBODY}`);
    await superuser.execute(`GRANT MODIFY ON TABLE ks.base TO ${NOBODY}`);
    await forgetPermissions(superuser);
    // The server reads what the views show so far, and writes what they show then.
    assert.equal(await attempt(nobody, "INSERT INTO ks.base (a, b) VALUES (1, 2)"), "SELECT <table ks.base>");
    await superuser.execute(`GRANT SELECT ON TABLE ks.base TO ${NOBODY}`);
    await forgetPermissions(superuser);
    assert.equal(await attempt(nobody, "INSERT INTO ks.base (a, b) VALUES (1, 2)"), "MODIFY <table ks.v>");
  });
});

function isAsked([text, needs, server]: Row): boolean {
  return needs !== NOT_UNDERSTOOD && server !== "server refuses" && !NOT_ASKED.some((form) => form.test(String(text)));
}

/**
 * Runs a row as a role without permissions, and each time gives it what the server says is missing. Fails if the server
 * asks for something that we do not expect, or does not ask for what we expect. Statements about rows are run until they
 * succeed, others are not given the last permission, so that they are never done.
 *
 * @returns Whether the row fits the tables that there are.
 */
async function isCompared(nobody: Client, superuser: Client, [text, needs]: Row): Promise<boolean> {
  const statement = toStatement(needs);
  const mayBeDone = statement.needs.every(({ actions }) => actions.every((action) => ROW_ACTIONS.has(action)));
  let missing = askedFor(statement);
  const granted: string[] = [];
  try {
    while (missing.length > 0) {
      const asked = await attempt(nobody, toBytes(text).toString());
      if (asked === "invalid") return false;
      const others = missing.filter((expected) => !isAskedFor(asked, expected));
      assert.equal(
        others.length,
        missing.length - 1,
        `${String(text)}\n  asks for ${asked}, not ${missing.join(" or ")}`,
      );
      missing = others;
      if (missing.length === 0 && !mayBeDone) return true;
      granted.push(asked);
      await change(superuser, "GRANT", asked);
    }
    const more = await attempt(nobody, toBytes(text).toString());
    assert.ok(more === "done" || more === "invalid", `${String(text)}\n  asks for ${more} as well`);
    return true;
  } finally {
    for (const asked of granted) await change(superuser, "REVOKE", asked);
  }
}

/** What the server says is missing; `invalid` if it refuses the statement for another reason. */
async function attempt(client: Client, text: string): Promise<string> {
  try {
    await client.execute(text);
    return "done";
  } catch (error) {
    if (!(error instanceof errors.ResponseError)) throw error;
    return error.code === types.responseErrorCodes.unauthorized ? askedBy(error.message) : "invalid";
  }
}

async function change(superuser: Client, verb: "GRANT" | "REVOKE", asked: string): Promise<void> {
  const [, permission, keyspace, table] = /^(\w+) <table (\w+)\.(\w+)>$/.exec(asked) ?? [];
  assert.ok(permission !== undefined, `${asked} is more than one, which is expected of tables only`);
  const direction = verb === "GRANT" ? "TO" : "FROM";
  await superuser.execute(`${verb} ${permission} ON TABLE "${keyspace}"."${table}" ${direction} ${NOBODY}`);
  await forgetPermissions(superuser);
}

/** The server would remember for two seconds what a role may do. */
async function forgetPermissions(superuser: Client): Promise<void> {
  await superuser.execute("TRUNCATE system_views.permissions_cache_keys");
}

async function connect(
  t: TestContext,
  { address, port }: Cassandra,
  username: string,
  password: string,
  keyspace?: string,
): Promise<Client> {
  const client = new Client({
    contactPoints: [`${address}:${port}`],
    localDataCenter: "datacenter1",
    credentials: { username, password },
    ...(keyspace === undefined ? {} : { keyspace }),
    protocolOptions: { maxVersion: types.protocolVersion.v4 },
    isMetadataSyncEnabled: false,
  });
  t.after(() => client.shutdown());
  await client.connect();
  return client;
}
