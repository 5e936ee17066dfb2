import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { EXTENSIONS } from "../../../test/policies/extensions.ts";
import { documentOf, parse, problemLine } from "../../../test/policies/problem-lines.ts";
import { parsePolicyText } from "./parse-policy-text.ts";

function fixture(name: string): string {
  return readFileSync(new URL(`../../../test/policies/${name}`, import.meta.url), "utf8");
}

test("the Rebels' policy is read whole, and an empty command is no condition", () => {
  const { documents, errors, warnings } = parse(fixture("memcached-rebels.yaml"));
  assert.deepEqual(errors, []);
  assert.deepEqual(warnings, []);
  const port = (rules: readonly unknown[]) => [
    { path: "toPorts[0]", ports: [{ port: 11211, protocol: "TCP" }], l7: { parser: "memcache", rules } },
  ];
  const peer = (key: string, value: string) => ({
    kind: "endpoints",
    selectors: [{ matchLabels: [{ source: "any", key, value }], matchExpressions: [], key: `any:${key}=${value};` }],
  });
  assert.deepEqual(documents, [
    {
      key: "secure-rebel-alliance-memcache",
      source: { kind: "file", name: "policy.yaml" },
      mode: "enforce",
      rules: [
        {
          path: "specs[0]",
          endpointSelector: {
            matchLabels: [{ source: "any", key: "app", value: "memcached" }],
            matchExpressions: [],
            key: "any:app=memcached;",
          },
          ingress: [
            {
              path: "ingress[0]",
              peers: peer("function", "fleet-maintanence"),
              requires: [],
              toPorts: port([
                { path: "rules.l7[0]", deny: false, fields: { command: "writeGroup", keyPrefix: "alliance/fleet/" } },
                { path: "rules.l7[1]", deny: false, fields: { command: "get", keyPrefix: "alliance/fleet/" } },
              ]),
            },
            {
              path: "ingress[1]",
              peers: peer("function", "fleet-monitoring"),
              requires: [],
              toPorts: port([
                { path: "rules.l7[0]", deny: false, fields: { command: "get", keyPrefix: "alliance/fleet/" } },
              ]),
            },
            {
              path: "ingress[2]",
              peers: peer("role", "jedi"),
              requires: [],
              toPorts: port([{ path: "rules.l7[0]", deny: false, fields: {} }]),
            },
          ],
          egress: [],
          ingressDeny: [],
          egressDeny: [],
          labels: [
            "k8s:io.cilium.k8s.policy.name=secure-rebel-alliance-memcache",
            "k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy",
          ],
          description: "Secure the Rebel memcached service",
        },
      ],
    },
  ]);
});

const LOOSE_TABLES = (column: number): string[] => [
  `22:${column} \`system\\..*\` matches anywhere in the value (if nothing else is meant, write \`^system\\..*\`)`,
  `24:${column} \`system_schema\\..*\` matches anywhere in the value (if nothing else is meant, write \`^system_schema\\..*\`)`,
  `26:${column} \`attendance.daily_records\` matches anywhere in the value, and has a \`.\`, which stands for any character (if nothing else is meant, write \`^attendance[.]daily_records$\`)`,
];

test("the Empire's policy is read, with a warning for each loose expression", () => {
  const { documents, errors, warnings } = parse(fixture("cassandra-empire.yaml"));
  assert.deepEqual(errors, []);
  assert.equal(documents.length, 1);
  assert.deepEqual(warnings.map(problemLine), LOOSE_TABLES(26));
});

test("the Empire's policy as posted, its indentation lost: each misplaced key with its line and home, nothing else", () => {
  const { documents, errors, warnings } = parse(fixture("cassandra-empire-as-posted.yaml"));
  assert.deepEqual(documents, []);
  assert.deepEqual(errors.map(problemLine), [
    "5:1 `name` belongs inside `metadata` of line 4 (indent it)",
    "8:3 `matchLabels` belongs inside `endpointSelector` of line 7 (indent it)",
    "10:1 `ingress` belongs inside an item of `specs` of line 6 (indent it)",
  ]);
  // What is inside the misplaced keys was checked as well.
  assert.deepEqual(warnings.map(problemLine), LOOSE_TABLES(22));
});

test("JSON is read as well, and gives the same documents", () => {
  const rule = { endpointSelector: { matchLabels: { app: "a" } }, ingress: [{ fromEntities: ["host"] }] };
  const json = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { name: "p" }, spec: rule };
  const yaml = documentOf("spec: {endpointSelector: {matchLabels: {app: a}}, ingress: [{fromEntities: [host]}]}");
  for (const text of [JSON.stringify(json), JSON.stringify(json, null, "\t")]) {
    assert.deepEqual(parse(text).documents, parse(yaml).documents);
    assert.equal(parse(text).documents.length, 1);
  }
});

test("several documents, empty ones between them, `spec` and `specs` in one", () => {
  const text = [
    documentOf("spec: {endpointSelector: {}, egress: [{}]}"),
    "",
    documentOf("spec: {endpointSelector: {}, egress: [{}]}", "specs: [{endpointSelector: {}, ingress: [{}]}]").replace(
      "name: p",
      "name: q, namespace: shop",
    ),
  ].join("\n---\n");
  const { documents, errors } = parse(text);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    documents.map((document) => [document.key, document.rules.map((rule) => rule.path)]),
    [
      ["p", ["spec"]],
      ["shop/q", ["spec", "specs[0]"]],
    ],
  );
});

test("one bad document keeps the good one beside it out", () => {
  const good = documentOf("spec: {endpointSelector: {}, egress: [{}]}");
  const { documents, errors } = parse(`${good}\n---\n${good.replace("name: p", "name: q").replace("egress", "egres")}`);
  assert.deepEqual(documents, []);
  assert.deepEqual(errors.map(problemLine), ["9:30 unknown key `egres` (did you mean `egress`?)"]);
});

test("fixed identities of the node can be selected by name, others not", () => {
  const text = documentOf(
    'spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {"reserved:database": ""}}]}]}',
  );
  const read = (names: readonly string[]) =>
    parsePolicyText(text, { kind: "api", name: "api" }, EXTENSIONS, { fixedIdentities: new Set(names) });
  assert.deepEqual(read(["database"]).errors, []);
  assert.deepEqual(read(["databases"]).errors.map(problemLine), [
    "4:72 unknown reserved label `database` (did you mean `databases`?)",
  ]);
  const entity = parsePolicyText(
    documentOf("spec: {endpointSelector: {}, egress: [{toEntities: [database]}]}"),
    { kind: "api", name: "api" },
    EXTENSIONS,
    { fixedIdentities: new Set(["database"]) },
  );
  assert.deepEqual(entity.errors.map(problemLine), [
    '4:53 `database` is an identity, not an entity (select it by its label: `toEndpoints: [{matchLabels: {"reserved:database": ""}}]`)',
  ]);
});
