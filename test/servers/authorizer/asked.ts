import type { Action } from "../../../src/parsers/cassandra/action.ts";
import type { Need, Statement, Target } from "../../../src/parsers/cassandra/cql/statement.ts";

/** Keyspace in force on the connections of the test. */
export const IN_FORCE = "force";

/** Refusals that name no resource: the server looks at what the role is, not at what it may do to something. */
const WITHOUT_RESOURCE =
  /^Only superusers are allowed|does not have sufficient privileges|^You are not authorized to view/;

/**
 * What the server's refusal is about: `SELECT <table ks.t>`, or `a higher role` where it names no resource.
 *
 * @throws If it is another message.
 */
export function askedBy(message: string): string {
  const [, permission, resource] = /no (\w+) permission on (<.+>) or any of its parents$/.exec(message) ?? [];
  if (permission !== undefined) return `${permission} ${resource}`;
  if (WITHOUT_RESOURCE.test(message)) return "a higher role";
  throw new Error(`not a refusal that is known: ${message}`);
}

/** What the server should ask for, given what we say that a statement needs. `*` at the end stands for anything, ` | ` for or. */
export function askedFor(statement: Statement): readonly string[] {
  const [first, second] = statement.needs;
  // A view needs ALTER on its base table; that SELECT reads from there is not looked at. We ask for both.
  if (first?.actions[0] === "create-materialized-view" && second !== undefined) return [`ALTER ${table(second)}`];
  return [...new Set(statement.needs.flatMap(permissionsOf))];
}

function permissionsOf(need: Need): readonly string[] {
  return need.actions.map((action) => permissionFor(action, need));
}

function permissionFor(action: Action, need: Need): string {
  switch (action) {
    case "select":
      return `SELECT ${table(need)}`;
    case "insert":
    case "update":
    case "delete":
    case "truncate-table":
      return `MODIFY ${table(need)}`;
    case "alter-table":
    case "create-index":
      return `ALTER ${table(need)}`;
    case "drop-table":
      return `DROP ${table(need)}`;
    case "create-table":
    case "create-type":
      return `CREATE <all tables in ${keyspace(need.target)}>`;
    case "alter-type":
      return `ALTER <all tables in ${keyspace(need.target)}>`;
    case "drop-type":
      return `DROP <all tables in ${keyspace(need.target)}>`;
    // Only the server knows the table behind them. It is in the keyspace that we name.
    case "drop-index":
    case "alter-materialized-view":
    case "drop-materialized-view":
      return `ALTER <table ${keyspace(need.target)}.*`;
    case "create-keyspace":
      return "CREATE <all keyspaces>";
    case "alter-keyspace":
      return `ALTER <keyspace ${keyspace(need.target)}>`;
    case "drop-keyspace":
      return `DROP <keyspace ${keyspace(need.target)}>`;
    case "create-function":
    case "create-aggregate":
      // The second one for OR REPLACE where there is something to replace.
      return `CREATE <all functions in ${keyspace(need.target)}> | ALTER <function ${keyspace(need.target)}.*`;
    case "drop-function":
    case "drop-aggregate":
      return `DROP <function ${keyspace(need.target)}.*`;
    case "grant-permission":
    case "revoke-permission":
      return "AUTHORIZE <*";
    default:
      return "a higher role";
  }
}

/** Whether the server's refusal is one that should come. */
export function isAskedFor(asked: string, expected: string): boolean {
  return expected.split(" | ").some((one) => (one.endsWith("*") ? asked.startsWith(one.slice(0, -1)) : asked === one));
}

function table({ target }: Need): string {
  if (target.kind !== "table") throw new TypeError(`a table is expected, not ${target.kind}`);
  return `<table ${keyspace(target)}.${target.table}>`;
}

function keyspace(target: Target): string {
  if (target.kind === "none") throw new TypeError("a keyspace is expected");
  return target.keyspace ?? IN_FORCE;
}
