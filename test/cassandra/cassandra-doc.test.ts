// docs/cassandra.md is true: its actions, policies, commands, records and limits.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { KEYSPACE_ACTIONS, OTHER_ACTIONS, TABLE_ACTIONS } from "../../src/parsers/cassandra/action.ts";
import { parseStatement } from "../../src/parsers/cassandra/cql/parse-statement.ts";
import { BODY_LENGTH_MAX, STREAMS_MAX } from "../../src/parsers/cassandra/frame.ts";
import {
  JUDGED_BYTES_MAX,
  KEYSPACES_MAX,
  PREPARED_NEEDS_MAX,
  PREPARED_WEIGHT_MAX,
  UPSTREAMS_MAX,
} from "../../src/parsers/cassandra/limits.ts";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { declaration } from "../../src/parsers/cassandra/rule.ts";
import { parsePolicyText } from "../../src/policy/document/parse-policy-text.ts";
import type { PolicyDocument } from "../../src/policy/rule.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/scripted-connection.ts";
import { fences } from "../repository/markdown.ts";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";
import { batch, execute, prepare, query, startup } from "./cql-request.ts";
import { error, ready, resultPrepared } from "./cql-response.ts";

const page = await readRepositoryFile("docs/cassandra.md");
const blocks = fences(page);

/** A policy of the page or of the examples; it has no problems. */
function read(text: string, warnings: readonly RegExp[] = []): PolicyDocument {
  const extensions = new Map([[declaration.name, declaration]]);
  const parsed = parsePolicyText(text, { kind: "file", name: "policy.yaml" }, extensions);
  assert.deepEqual(parsed.errors, []);
  assert.equal(parsed.warnings.length, warnings.length, JSON.stringify(parsed.warnings));
  const [document] = parsed.documents;
  assert.ok(document !== undefined);
  return document;
}

const TARGETS: Readonly<Record<string, RegExp>> = {
  table: /^table$/,
  keyspace: /^keyspace$/,
  nothing: /^none$/,
  "table or keyspace, if it names one": /^table$|^keyspace$|^none$/,
};
const rows = [...page.matchAll(/^\| `([\w-]+)` \| `([^`]+)` \| ([^|`]+) \|$/gm)].map(
  ([, action = "", statement = "", sees = ""]) => ({ action, statement, sees: sees.trim() }),
);

test("the page has every action, with what query_table sees", () => {
  const seeing = (sees: string): string[] => rows.filter((row) => row.sees === sees).map(({ action }) => action);
  assert.deepEqual(seeing("table").sort(), [...TABLE_ACTIONS].sort());
  assert.deepEqual(seeing("keyspace").sort(), [...KEYSPACE_ACTIONS].sort());
  assert.deepEqual([...seeing("nothing"), "describe"].sort(), [...OTHER_ACTIONS].sort());
  assert.deepEqual(seeing("table or keyspace, if it names one"), ["describe"]);
});

for (const { action, statement, sees } of rows) {
  test(`the page's statement for ${action} needs that: ${statement}`, () => {
    const text = Buffer.from(statement);
    const parsed = parseStatement(text, 0, text.length);
    assert.ok(parsed.understood, statement);
    const [first] = parsed.needs;
    assert.deepEqual(first?.actions, [action]);
    assert.match(first?.target.kind ?? "", TARGETS[sees] ?? /there is no such target/);
  });
}

test("the page names every field, of rules and of records", () => {
  for (const field of [...Object.keys(declaration.fields), ...Object.keys(declaration.logged ?? {})]) {
    assert.ok(page.includes(`| \`${field}\` |`), field);
  }
});

test("the page's policies are read without a warning", () => {
  const policies = blocks.filter(({ language }) => language === "yaml");
  assert.equal(policies.length, 3);
  for (const { text } of policies) read(text);
});

test("the list that the example policy recommends allows what was meant, without a warning", async () => {
  const example = await readRepositoryFile("examples/policies/cassandra-empire.yaml");
  const [, recommended = ""] = /^# {10}l7:\n((?:# .*\n)+)/m.exec(example) ?? [];
  const published = /^ {10}l7:\n((?: {10}.*\n)+)/m;
  assert.match(example, published);
  const strict = example.replace(published, `          l7:\n${recommended.replace(/^#/gm, " ")}`);
  const rules = read(strict).rules[0]?.ingress[0]?.toPorts?.[0]?.l7?.rules.map(({ fields }) => fields["query_table"]);
  assert.deepEqual(rules, [
    "^system[.]",
    "^system_schema[.]",
    "^system_virtual_schema[.]",
    "^attendance[.]daily_records$",
  ]);
});

const commands = blocks.flatMap((command, index) => {
  const output = blocks[index + 1];
  return command.language === "sh" && output?.language === "text" ? [{ command, output }] : [];
});

test("the page shows what its commands print", async () => {
  assert.equal(commands.length, blocks.filter(({ language }) => language === "sh").length);
  for (const { command, output } of commands) {
    const script = `weir() { "${process.execPath}" "${join(repositoryRoot, "bin/weir.mjs")}" "$@"; }\n${command.text}\n`;
    const { code, stdout, stderr } = await runProcess("bash", ["-c", script], { cwd: repositoryRoot });
    assert.equal(code, 0, stderr);
    assert.equal((stderr === "" ? stdout : stderr).trimEnd(), output.text);
  }
});

test("the page's records are what the extension writes", () => {
  const examples = blocks
    .filter(({ language }) => language === "json")
    .flatMap(({ text }) => text.split("\n").map((line) => JSON.parse(line) as object));
  const connection = new ScriptedConnection(cassandra(), {
    l7: [{ query_action: "insert", query_table: "^attendance[.]daily_records$" }],
  });
  const insert = "INSERT INTO attendance.daily_records (creation) VALUES (now())";
  connection.fromClient(startup());
  connection.fromServer(ready());
  connection.fromClient(query(insert, { stream: 1 }));
  connection.fromClient(query("SELECT * FROM attendance.daily_records", { stream: 2 }));
  connection.fromClient(query(`${insert} IF NOT EXISTS`, { stream: 3 }));
  connection.fromClient(prepare(insert, { stream: 4 }));
  connection.fromServer(resultPrepared("id", { stream: 4 }));
  connection.fromClient(execute("id", { stream: 5 }));
  connection.fromClient(
    batch([{ text: insert }, { text: "DELETE FROM attendance.daily_records WHERE creation = now()" }], { stream: 6 }),
  );
  connection.fromClient(query("Open the blast doors!", { stream: 7 }));
  connection.fromServer(error(0x2200, "there is no such column", { stream: 1 }));
  const written = connection.records.map(({ type, verdict, fields }) => ({
    type,
    verdict,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, text]) => [name, text.replace(/^(not understood: ).*$/, "$1…")]),
    ),
  }));
  assert.deepEqual(written, examples);
  assert.equal(connection.closeReason, undefined);
});

test("the page tells the true limits", () => {
  for (const limit of [
    `${JUDGED_BYTES_MAX / 1024} KiB`,
    `${BODY_LENGTH_MAX / 1024 ** 2} MiB`,
    `${STREAMS_MAX.toLocaleString("en")} requests in flight`,
    `more than ${PREPARED_NEEDS_MAX.toLocaleString("en")} statements`,
    `${UPSTREAMS_MAX} servers`,
    `${PREPARED_WEIGHT_MAX.toLocaleString("en")} table needs`,
    `${KEYSPACES_MAX} keyspaces`,
  ]) {
    assert.ok(page.replaceAll("\n", " ").includes(limit), limit);
  }
});
