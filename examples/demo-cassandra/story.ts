// The story as data: who tries what, and what the policy says of it (examples/policies/cassandra-empire.yaml).
import type { Scene } from "../demo/tell-story.ts";

/** What the access log must say of one statement. */
export interface Judged {
  readonly action: string;
  readonly table: string;
  readonly verdict: "Forwarded" | "Denied";
  /** The rule that must have decided, where one allows. */
  readonly rule?: string;
}

export interface Statement {
  readonly cql: string;
  readonly values?: readonly (string | number | boolean)[];
}

export interface Attempt {
  /** In a few words. */
  readonly what: string;
  /** `prepared` and `prepared batch`: by ids that the server gives. */
  readonly how: "statement" | "prepared" | "batch" | "prepared batch";
  readonly statements: readonly Statement[];
  /** `reset`: the connection itself is refused. */
  readonly expected: "allowed" | "denied" | "reset";
  readonly judged: readonly Judged[];
  /** How many rows it must leave in the table of records. */
  readonly leaves: number;
}

export const RECORDS = "attendance.daily_records";
const PLANS = "deathstar.plans";
const rule = (l7: number): string => `specs[0].ingress[0].toPorts[0].rules.l7[${l7}]`;
const SELECT_SYSTEM = rule(0);
const INSERT_RECORDS = rule(2);

/** What the Empire's headquarters have made, before any story. */
export const SCHEMA: readonly string[] = [
  "CREATE KEYSPACE attendance WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  "CREATE KEYSPACE deathstar WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  `CREATE TABLE ${RECORDS} (creation timeuuid PRIMARY KEY, loc_id int, present boolean, trooper text)`,
  `CREATE TABLE ${PLANS} (part text PRIMARY KEY, weakness text)`,
  `INSERT INTO ${PLANS} (part, weakness) VALUES ('exhaust port', 'two metres wide')`,
];

/** How headquarters count what is there afterwards. */
export const COUNT_RECORDS = `SELECT count(*) FROM ${RECORDS}`;
export const COUNT_PLANS = `SELECT count(*) FROM ${PLANS}`;
export const PLANS_AT_FIRST = 1;

const INSERT = `INSERT INTO ${RECORDS} (creation, loc_id, present, trooper) VALUES (now(), 38, true, 'TK-421')`;
const INSERT_BOUND = `INSERT INTO ${RECORDS} (creation, loc_id, present, trooper) VALUES (now(), ?, ?, ?)`;
const DELETE = `DELETE FROM ${RECORDS} WHERE creation = 50554d6e-29bb-11e5-b345-feff819cdc9f`;
const bound = (trooper: string, present: boolean): Statement => ({ cql: INSERT_BOUND, values: [38, present, trooper] });

const inserted: Judged = { action: "insert", table: RECORDS, verdict: "Forwarded", rule: INSERT_RECORDS };
const denied = (action: string, table: string): Judged => ({ action, table, verdict: "Denied" });

/** A statement that the policy refuses. */
function refused(what: string, cql: string, action: string, table: string): Attempt {
  const judged = [denied(action, table)];
  return { what, how: "statement", statements: [{ cql }], expected: "denied", judged, leaves: 0 };
}

export const STORY: readonly Scene<Attempt>[] = [
  {
    who: "empire-outpost",
    address: "127.0.1.9",
    may: "may write attendance records and read nothing but what drivers need",
    attempts: [
      {
        what: "SELECT … FROM system.local",
        how: "statement",
        statements: [{ cql: "SELECT release_version FROM system.local" }],
        expected: "allowed",
        judged: [{ action: "select", table: "system.local", verdict: "Forwarded", rule: SELECT_SYSTEM }],
        leaves: 0,
      },
      {
        what: `INSERT INTO ${RECORDS}`,
        how: "statement",
        statements: [{ cql: INSERT }],
        expected: "allowed",
        judged: [inserted],
        leaves: 1,
      },
      {
        what: "the same, prepared",
        how: "prepared",
        statements: [bound("TK-710", true)],
        expected: "allowed",
        judged: [inserted, inserted],
        leaves: 1,
      },
      {
        what: "a batch of two, prepared",
        how: "prepared batch",
        statements: [bound("FN-2187", false), bound("FN-2003", true)],
        expected: "allowed",
        judged: [inserted, inserted],
        leaves: 2,
      },
      refused(`SELECT * FROM ${RECORDS}`, `SELECT * FROM ${RECORDS}`, "select", RECORDS),
      refused("INSERT … IF NOT EXISTS, which reads, too", `${INSERT} IF NOT EXISTS`, "insert, select", RECORDS),
      {
        what: "a batch of an INSERT and a DELETE",
        how: "batch",
        statements: [{ cql: INSERT }, { cql: DELETE }],
        expected: "denied",
        judged: [inserted, denied("delete", RECORDS)],
        leaves: 0,
      },
      refused(`SELECT * FROM ${PLANS}`, `SELECT * FROM ${PLANS}`, "select", PLANS),
      refused(
        "SELECT … WHERE … = ' from system.local '",
        `SELECT * FROM ${PLANS} WHERE weakness = ' from system.local ' ALLOW FILTERING`,
        "select",
        PLANS,
      ),
      refused(
        "INSERT … VALUES (' into attendance.… ')",
        `INSERT INTO ${PLANS} (part, weakness) VALUES ('shield', ' into ${RECORDS} ')`,
        "insert",
        PLANS,
      ),
    ],
  },
  {
    who: "rebel-spy",
    address: "127.0.1.10",
    may: "is named by no rule: may not even connect",
    attempts: [
      {
        what: `SELECT * FROM ${PLANS}`,
        how: "statement",
        statements: [{ cql: `SELECT * FROM ${PLANS}` }],
        expected: "reset",
        judged: [],
        leaves: 0,
      },
    ],
  },
];
