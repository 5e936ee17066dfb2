import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { declaration as cassandra } from "../../src/parsers/cassandra/rule.ts";
import { declaration as memcache } from "../../src/parsers/memcached/rule.ts";
import { declaration as r2d2 } from "../../src/parsers/r2d2/rule.ts";
import { LEVELS, NOT_ENFORCED } from "../../src/policy/document/levels.ts";
import { parsePolicyText } from "../../src/policy/document/parse-policy-text.ts";
import { problemLine } from "./problem-lines.ts";

const EXTENSIONS = new Map([memcache, cassandra, r2d2].map((declaration) => [declaration.name, declaration]));
const text = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = "", body = ""]) => ({ info, body }));

function parse(body: string) {
  return parsePolicyText(body, { kind: "file", name: "policy.md" }, EXTENSIONS);
}

test("the policy reference has examples of both kinds, and no other blocks", () => {
  assert.ok(blocks.filter(({ info }) => info === "yaml").length >= 8);
  assert.ok(blocks.filter(({ info }) => info === "yaml refused").length >= 5);
  assert.deepEqual([...new Set(blocks.map(({ info }) => info))].sort(), ["yaml", "yaml refused"]);
});

for (const [index, { info, body }] of blocks.entries()) {
  const name = /name"?: "?([\w-]+)/.exec(body)?.[1] ?? `block ${index + 1}`;
  test(`policy reference: ${name} is ${info === "yaml" ? "read without a warning" : "refused"}`, () => {
    const { documents, errors, warnings } = parse(body);
    if (info === "yaml") {
      assert.deepEqual([...errors, ...warnings].map(problemLine), []);
      assert.ok(documents.length > 0);
    } else {
      assert.ok(errors.length > 0);
    }
  });
}

test("the policy reference names every member, enforced, without effect and refused", () => {
  const members = Object.values(LEVELS).flatMap((level) => [...level.keys()]);
  for (const name of [...members, ...NOT_ENFORCED]) assert.match(text, new RegExp(`\\b${name}\\b`), name);
  const refused = /## Refused by name\n([\s\S]*?)\n## /.exec(text)?.[1] ?? "";
  const listed = refused
    .split("\n")
    .filter((line) => /^( {2}|- )/.test(line))
    .join(" ");
  assert.deepEqual([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), [...NOT_ENFORCED].sort());
});

test("the policy reference names every field of the built-in extensions", () => {
  for (const { name, fields } of EXTENSIONS.values()) {
    for (const field of [name, ...Object.keys(fields)]) assert.ok(text.includes(`\`${field}\``), field);
  }
});

test("the example policies of the release post are read with the real declaration", () => {
  for (const path of ["memcached-rebels.yaml", "../../examples/policies/memcached-rebels.yaml"]) {
    const { documents, errors, warnings } = parse(readFileSync(new URL(path, import.meta.url), "utf8"));
    assert.deepEqual([...errors, ...warnings], []);
    assert.equal(documents[0]?.key, "secure-rebel-alliance-memcache");
  }
});
