import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessLogRecord } from "../../api/access-log-record.ts";
import { looseness } from "../document/loose-regex.ts";
import { Judge } from "./testing/judge.ts";
import { ask, bare, comments, made, rulesOf, textOf } from "./testing/made.ts";
import { CASSANDRA, recordOf } from "./testing/records.ts";

type Actions = string | readonly string[];

const asked = (query_action: Actions, query_table?: string) => ask({ query_action, query_table }, { port: 9042 });

function statement(actions: Actions, table?: string, changes: Partial<AccessLogRecord> = {}): AccessLogRecord {
  return recordOf(asked(actions, table), CASSANDRA, changes);
}

/** With more fields than those that say what was asked. */
function marked(record: AccessLogRecord, fields: Readonly<Record<string, string>>): AccessLogRecord {
  return { ...record, fields: { ...record.fields, ...fields } };
}

test("tables become anchored expressions, their dots escaped", async () => {
  const text = textOf([
    statement("insert", "attendance.daily_records"),
    statement("select", "attendance.daily_records"),
    statement("select", "system.local"),
    statement("use", "attendance"),
    // No keyspace was in force.
    statement("delete", ".records"),
  ]);
  assert.deepEqual(rulesOf(text), [
    'query_action: select, query_table: "^attendance[.]daily_records$"',
    'query_action: select, query_table: "^system[.]local$"',
    'query_action: delete, query_table: "^[.]records$"',
    'query_action: insert, query_table: "^attendance[.]daily_records$"',
    'query_action: use, query_table: "^attendance$"',
  ]);
  const judge = await Judge.enforcing(text);
  assert.ok(await judge.allows(asked("insert", "attendance.daily_records")));
  for (const [action, table] of [
    ["insert", "attendance.daily_records_old"],
    ["insert", "attendancexdaily_records"],
    ["insert", "my_attendance.daily_records"],
    ["update", "attendance.daily_records"],
    ["use", "attendance_old"],
    ["select", undefined],
  ] as const) {
    assert.ok(!(await judge.allows(asked(action, table))), `${action} ${table}`);
  }
});

test("many tables of one keyspace become the keyspace, and no expression is loose", async () => {
  const tables = ["local", "peers", "peers_v2", "size_estimates", "available_ranges"];
  const text = textOf(tables.map((table) => statement("select", `system.${table}`)));
  assert.deepEqual(rulesOf(text), ['query_action: select, query_table: "^system[.]"']);
  assert.equal(looseness("^system[.]"), undefined);
  const judge = await Judge.enforcing(text);
  assert.ok(await judge.allows(asked("select", "system.other")));
  assert.ok(!(await judge.allows(asked("select", "system_auth.roles"))));
});

test("of a conditional insert both actions are allowed, on its table", () => {
  assert.deepEqual(rulesOf(textOf([statement(["insert", "select"], "ks.locks")])), [
    'query_action: select, query_table: "^ks[.]locks$"',
    'query_action: insert, query_table: "^ks[.]locks$"',
  ]);
});

test("actions without a table get rules without one, and so do those that were also asked without one", () => {
  const roles = textOf([statement("list-roles"), statement("select", "ks.t")]);
  assert.deepEqual(rulesOf(roles), ['query_action: select, query_table: "^ks[.]t$"', "query_action: list-roles"]);
  const described = textOf([statement("describe"), statement("describe", "ks")]);
  assert.deepEqual(rulesOf(described), ["query_action: describe"]);
  assert.match(comments(described), /Asked without query_table: only a rule that says nothing of it allows that/);
});

test("a prepared statement counts at each step, and a child of a batch for itself", () => {
  const insert = statement("insert", "ks.t");
  const records = [
    marked(insert, { prepared: "prepare" }),
    marked(insert, { prepared: "execute" }),
    marked(statement("update", "ks.t"), { batch: "true" }),
    // Its neighbour was denied, and the batch with it; policy allows this one.
    marked(statement("delete", "ks.t"), { batch: "true", status: "the batch is refused" }),
  ];
  assert.deepEqual(rulesOf(textOf(records)), [
    'query_action: delete, query_table: "^ks[.]t$"',
    'query_action: insert, query_table: "^ks[.]t$"',
    'query_action: update, query_table: "^ks[.]t$"',
  ]);
});

test("refusals of the server say nothing of policy, and what was not understood is left out and told", () => {
  const insert = statement("insert", "ks.t");
  const server = marked(statement("insert", "ks.gone", { type: "Response" }), { error: "0x2200 Invalid" });
  const status = { status: "not understood: expected a table" };
  const denied = { ...statement([], undefined, { type: "Denied", verdict: "Denied" }), fields: status };
  // On a port that is only observed it passes, and is recorded as a request.
  const observed = { ...denied, type: "Request", verdict: "Audit" } as const;
  const suggestion = made([insert, server, denied, observed, marked(observed, { query_action: "", batch: "true" })]);
  const text = suggestion.text() ?? "";
  assert.deepEqual(rulesOf(text), ['query_action: insert, query_table: "^ks[.]t$"']);
  assert.deepEqual([suggestion.counts.used, suggestion.counts.failed], [1, 3]);
  assert.match(comments(text), /Left out: what failed or was not understood \(3 records\)/);
  assert.doesNotMatch(bare(text), /\{\}/);
  // Where nothing else was asked, nothing is suggested: least of all that everything is allowed.
  assert.equal(made([observed]).text(), undefined);
});

test("what was denied is taken only if wanted", () => {
  const denied = statement("select", "ks.t", { type: "Denied", verdict: "Denied" });
  const records = [statement("insert", "ks.t"), denied];
  assert.equal(rulesOf(textOf(records)).length, 1);
  assert.equal(rulesOf(textOf(records, { includeDenied: true })).length, 2);
});
