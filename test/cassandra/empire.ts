// The Empire: an outpost may write attendance records and read what servers tell of themselves, and nothing else.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunningAgent, startAgent } from "../support/agent.ts";
import type { Cassandra } from "../support/cassandra.ts";
import type { DriverOutcome, DriverSession } from "../support/cassandra-driver.ts";
import { repositoryRoot } from "../support/repository.ts";

export const SERVER = "127.0.10.9";
export const OUTPOST = "127.0.10.1";
export const STRANGER = "127.0.10.2";
/** Whoever goes around weir: the tests' own hands on the server. */
export const DIRECT = "127.0.10.8";
/** Where weir listens. */
const LISTENER = "127.0.10.3";

export const SCHEMA: readonly string[] = [
  "CREATE KEYSPACE attendance WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  "CREATE KEYSPACE deathstar WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  "CREATE TABLE attendance.daily_records (creation timeuuid PRIMARY KEY, loc_id int, present boolean, member text)",
  "CREATE TABLE deathstar.scrum_notes (creation timeuuid PRIMARY KEY, content text, author text)",
];

/** The release post's policy, for a server's real port. */
export async function empirePolicy(port: number): Promise<string> {
  const text = await readFile(join(repositoryRoot, "test/policies/cassandra-empire.yaml"), "utf8");
  return text.replaceAll('"9042"', `"${port}"`);
}

/** The same, and what drivers of 2020 and later read when they connect. */
export async function empirePolicyForDrivers(port: number): Promise<string> {
  const more = '          - {query_action: select, query_table: "^system_virtual_schema\\\\."}\n';
  return `${(await empirePolicy(port)).trimEnd()}\n${more}`;
}

/** weir in front of a server. @param policy Is in force from the start; default: none, and everything is allowed. */
export async function guard(server: Cassandra, policy?: string, listen = `${LISTENER}:0`): Promise<RunningAgent> {
  return await startAgent({
    configuration: `
endpoints:
  - {name: cass-server, addresses: [${server.address}], labels: ["app=cass-server"]}
  - {name: outpost, addresses: [${OUTPOST}], labels: ["app=empire-outpost"]}
redirects:
  - {listen: "${listen}", upstream: "${server.address}:${server.port}", endpoint: cass-server}
policies: [${policy === undefined ? "" : "./policy.yaml"}]
accessLog: ./run/access.log
drainMs: 100
`,
    files: policy === undefined ? {} : { "policy.yaml": policy },
  });
}

/** What became of a call, in one word: how many rows there were, or the error. */
export function told(outcome: DriverOutcome): string {
  return "error" in outcome ? outcome.error : `${outcome.rows.length} rows`;
}

const RECORDS = "attendance.daily_records";
export const INSERT = `INSERT INTO ${RECORDS} (creation, loc_id, present) VALUES (now(), 1, true)`;
const INSERT_BOUND = `INSERT INTO ${RECORDS} (creation, loc_id, present, member) VALUES (now(), 2, ?, ?)`;
const SOME_TIME = "50554d6e-29bb-11e5-b345-feff819cdc9f";
const DELETE = `DELETE FROM ${RECORDS} WHERE creation = ${SOME_TIME}`;

export interface Step {
  readonly name: string;
  run(session: DriverSession): Promise<DriverOutcome>;
}

function execute(cql: string): Step {
  return { name: cql, run: (session) => session.execute(cql) };
}

/** Calls that the policy allows, and how many records each leaves. */
export const ALLOWED: readonly (Step & { readonly records: number; readonly rows: number })[] = [
  { ...execute("SELECT release_version FROM system.local"), records: 0, rows: 1 },
  {
    ...execute("select keyspace_name from System_Schema.\"keyspaces\" where keyspace_name = 'deathstar';"),
    records: 0,
    rows: 1,
  },
  { ...execute(INSERT), records: 1, rows: 0 },
  {
    ...execute(`/* of today */ insert into Attendance . "daily_records" (creation) values (now()) -- done\n`),
    records: 1,
    rows: 0,
  },
  { ...execute(`BEGIN BATCH ${INSERT}; ${INSERT}; APPLY BATCH`), records: 2, rows: 0 },
  {
    name: "prepared",
    run: (session) => session.executePrepared({ cql: INSERT_BOUND, values: [true, "TK-421"] }),
    records: 1,
    rows: 0,
  },
  {
    name: "a batch of statements",
    run: (session) => session.batch([{ cql: INSERT }, { cql: INSERT }], false),
    records: 2,
    rows: 0,
  },
  {
    name: "a batch of prepared statements",
    run: (session) =>
      session.batch(
        [
          { cql: INSERT_BOUND, values: [true, "TK-421"] },
          { cql: INSERT_BOUND, values: [false, "FN-2187"] },
        ],
        true,
      ),
    records: 2,
    rows: 0,
  },
];

const NOTES = "deathstar.scrum_notes";

/** Statements that it refuses, and what the record of each says: action, and table or keyspace where it names one. */
const REFUSED_STATEMENTS: readonly (readonly [cql: string, action: string, table?: string])[] = [
  [`SELECT * FROM ${RECORDS}`, "select", RECORDS],
  ['SELECT count(*) FROM "attendance".Daily_Records', "select", RECORDS],
  [`UPDATE ${RECORDS} SET present = false WHERE creation = ${SOME_TIME}`, "update", RECORDS],
  [DELETE, "delete", RECORDS],
  [`TRUNCATE ${RECORDS}`, "truncate-table", RECORDS],
  [`DROP TABLE IF EXISTS ${RECORDS}`, "drop-table", RECORDS],
  [`ALTER TABLE ${RECORDS} DROP present`, "alter-table", RECORDS],
  ["CREATE TABLE attendance.more (k int PRIMARY KEY)", "create-table", "attendance.more"],
  ["DROP KEYSPACE attendance", "drop-keyspace", "attendance"],
  ["USE attendance", "use", "attendance"],
  [`SELECT * FROM ${NOTES}`, "select", NOTES],
  [`SELECT content FROM ${NOTES} WHERE content = ' from system.local ' ALLOW FILTERING`, "select", NOTES],
  [`INSERT INTO ${NOTES} (creation, content) VALUES (now(), 'into ${RECORDS}')`, "insert", NOTES],
  // It would return the record that is there.
  [`INSERT INTO ${RECORDS} (creation) VALUES (${SOME_TIME}) IF NOT EXISTS`, "insert, select", RECORDS],
  ["CREATE ROLE emperor WITH SUPERUSER = true", "create-role"],
  ["LIST ROLES", "list-roles"],
];

/** A call that the policy refuses, and what its records say of what was refused. */
export interface RefusedStep extends Step {
  readonly denied: readonly (readonly [action: string | undefined, table: string | undefined])[];
}

export const REFUSED: readonly RefusedStep[] = [
  ...REFUSED_STATEMENTS.map(([cql, action, table]) => ({ ...execute(cql), denied: [[action, table]] as const })),
  { ...execute(`SELEKT * FROM ${RECORDS}`), denied: [[undefined, undefined]] },
  { ...execute(`BEGIN BATCH ${INSERT}; ${DELETE}; APPLY BATCH`), denied: [["delete", RECORDS]] },
  {
    name: "a batch of which one statement is not allowed",
    run: (session) => session.batch([{ cql: INSERT }, { cql: DELETE }], false),
    denied: [["delete", RECORDS]],
  },
  {
    name: "a prepared statement",
    run: (session) =>
      session.executePrepared({ cql: `SELECT * FROM ${RECORDS} WHERE loc_id = ? ALLOW FILTERING`, values: [1] }),
    denied: [["select", RECORDS]],
  },
];
