// docs/cassandra.md is true: its actions, policies, commands, records and limits.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { KEYSPACE_ACTIONS, OTHER_ACTIONS, TABLE_ACTIONS } from "../../src/parsers/cassandra/action.ts";
import { parseStatement } from "../../src/parsers/cassandra/cql/parse-statement.ts";
import { BODY_LENGTH_MAX, STREAMS_MAX } from "../../src/parsers/cassandra/frame.ts";
import {
  BATCH_STATEMENTS_MAX,
  JUDGED_BYTES_MAX,
  KEYSPACES_MAX,
  PREPARED_NEEDS_MAX,
  PREPARED_WEIGHT_MAX,
  UPSTREAMS_MAX,
} from "../../src/parsers/cassandra/limits.ts";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { declaration } from "../../src/parsers/cassandra/rule.ts";
import { parsePolicyText } from "../../src/policy/document/parse-policy-text.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";
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

/** Whether the rules for a peer of one of the page's policies allow a request. */
function allows(policy: string, peer: string, action: string, table?: string): boolean {
  const text = blocks.find(
    ({ language, text: body }) => language === "yaml" && body.includes(`  name: ${policy}\n`),
  )?.text;
  const items = read(text ?? "").rules[0]?.ingress.filter(
    ({ peers }) => peers.kind === "endpoints" && peers.selectors[0]?.matchLabels[0]?.value === peer,
  );
  assert.equal(items?.length, 1, `${policy} ${peer}`);
  const rules = items[0]?.toPorts?.[0]?.l7?.rules ?? [];
  const placed = rules.map((rule) => ({ ...rule, origin: { policy, rule: rule.path, labels: [] } }));
  return compileRequestMatcher(declaration, placed).match({ query_action: action, query_table: table }).allowed;
}

for (const [policy, peer, allowed, refused] of [
  [
    "attendance",
    "empire-outpost",
    ["insert attendance.daily_records", "select system.local", "select system_virtual_schema.tables"],
    ["select attendance.daily_records", "select system_auth.roles", "insert attendance.daily_records_old"],
  ],
  [
    "shop",
    "storefront",
    ["select shop.orders", "use shop", "select system_schema.tables"],
    ["insert shop.orders", "use shop2", "select shop2.orders", "list-roles"],
  ],
  [
    "shop",
    "checkout",
    ["insert shop.orders", "insert shop.order_lines", "update shop.stock"],
    ["select shop.orders", "insert shop.stock", "update shop.orders"],
  ],
  [
    "shop",
    "back-office",
    ["use shop", "select shop.orders", "insert shop.orders", "update shop.stock", "delete shop.orders"],
    ["create-table shop.x", "create-function shop", "create-index shop.orders", "drop-keyspace shop", "describe shop"],
  ],
  [
    "shop",
    "shop-migrations",
    [
      "create-table shop.x",
      "create-function shop",
      "alter-keyspace shop",
      "describe shop.orders",
      "select shop.orders",
    ],
    ["create-table shop2.x", "drop-keyspace shop2", "create-role", "describe"],
  ],
  [
    "analysts",
    "data",
    ["select shop.orders", "create-table analysis.x", "truncate-table analysis.x"],
    ["select shop.payments", "select system_auth.roles", "drop-keyspace analysis", "insert shop.orders", "create-role"],
  ],
] as const) {
  test(`the page's policy ${policy} lets ${peer} do what it is said to`, () => {
    const judge = (statement: string): boolean => {
      const [action = "", table] = statement.split(" ");
      return allows(policy, peer, action, table);
    };
    assert.deepEqual(
      allowed.filter((statement) => !judge(statement)),
      [],
    );
    assert.deepEqual(refused.filter(judge), []);
  });
}

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
    `batch of more than ${BATCH_STATEMENTS_MAX.toLocaleString("en")} statements`,
    `more than ${PREPARED_NEEDS_MAX.toLocaleString("en")} statements`,
    `${UPSTREAMS_MAX} servers`,
    `${PREPARED_WEIGHT_MAX.toLocaleString("en")} table needs`,
    `${KEYSPACES_MAX} keyspaces`,
  ]) {
    assert.ok(page.replaceAll("\n", " ").includes(limit), limit);
  }
});
