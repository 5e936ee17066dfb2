import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { documentOf, problemLine } from "../../../test/policies/problem-lines.ts";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import { declaration as cassandra } from "../../parsers/cassandra/rule.ts";
import { parsePolicyText } from "./parse-policy-text.ts";

const toy: ExtensionDeclaration = {
  name: "toy",
  version: "1.0.0",
  fields: {
    verb: { oneOf: ["read", "write", "list"], groups: { any: ["read", "write", "list"] } },
    path: { prefix: true },
  },
  hints: [
    {
      allowed: { verb: "read", path: "data/x" },
      refused: { verb: "read", path: "meta/x" },
      message: "data may be read, meta may not",
      hint: "allow both",
    },
    { allowed: { verb: "write" }, refused: { verb: "list" }, message: "blind", hint: "let them look" },
  ],
};

function warnings(text: string, declaration: ExtensionDeclaration): string[] {
  const extensions = new Map([[declaration.name, declaration]]);
  const parsed = parsePolicyText(text, { kind: "file", name: "policy.yaml" }, extensions);
  return [...parsed.errors, ...parsed.warnings].map(problemLine);
}

const spec = (...lists: string[]): string =>
  documentOf(
    "spec:",
    "  endpointSelector: {}",
    "  ingress:",
    "  - toPorts:",
    ...lists.map((list) => `    - {ports: [{port: 80, protocol: TCP}], rules: {l7proto: toy, l7: ${list}}}`),
  );

const DATA = "data may be read, meta may not (allow both)";
const BLIND = "blind (let them look)";

for (const [lists, expected] of [
  [["[{verb: read, path: data/}]"], [`8:71 ${DATA}`]],
  [["[{verb: list}, {verb: any, path: data/}]"], [`8:85 ${DATA}`]],
  [["[{verb: read, path: data/}, {verb: any, path: meta/}]"], []],
  [["[{verb: write}, {verb: read, path: data/}]"], [`8:71 ${BLIND}`, `8:86 ${DATA}`]],
  [["[{}]"], []],
  [["[]"], ["8:66 `l7: []` allows no request (write `l7: [{}]` to allow every request)"]],
  [["[{path: meta/}]"], []],
  // Deny rules count.
  [["[{}, {action: deny, path: meta/}]"], [`8:71 ${DATA}`]],
  [["[{verb: read, path: data/}, {action: deny, path: data/}]"], []],
  // Each list for itself.
  [["[{verb: read, path: data/}]", "[{verb: read, path: meta/}]"], [`8:71 ${DATA}`]],
  // What is wrong is told first.
  [["[{verb: read, path: data/}, {verb: raed}]"], ["8:105 `raed` is no `verb` (did you mean `read`?)"]],
] as const) {
  test(`hints: ${lists.join(" and ")}`, () => assert.deepEqual(warnings(spec(...lists), toy), expected));
}

test("an extension without hints gives none", () => {
  const { hints, ...plain } = toy;
  assert.deepEqual(warnings(spec("[{verb: read, path: data/}]"), plain), []);
});

test("the Empire's policy with the real declaration: three loose expressions, and what newer drivers need", () => {
  const text = readFileSync(new URL("../../../test/policies/cassandra-empire.yaml", import.meta.url), "utf8");
  const told = warnings(text, cassandra);
  const hints = told.filter((line) => line.includes("system_virtual_schema"));
  assert.equal(told.length, 4);
  assert.equal(hints.length, 1);
  assert.match(
    hints[0] ?? "",
    /^23:13 select on system_schema is allowed, on system_virtual_schema it is not: .*Python/,
  );
  const added = text.replace(
    /$/,
    '          - query_action: "select"\n            query_table: "^system_virtual_schema[.]"\n',
  );
  assert.equal(warnings(added, cassandra).length, 3);
  const allowsAll = text.replace(/ {12}query_table: "system_schema.*\n/, "");
  assert.equal(warnings(allowsAll, cassandra).length, 2);
});
