import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseStatement } from "../../../src/parsers/cassandra/cql/parse-statement.ts";
import type { Need, ParsedStatement } from "../../../src/parsers/cassandra/cql/statement.ts";
import { seededChoices, tapeChoices } from "./generated/choices.ts";
import { draftStatement } from "./generated/draft.ts";
import { mutate } from "./generated/mutate.ts";
import { writeDraft } from "./generated/write-draft.ts";
import { NOT_UNDERSTOOD, toBytes, toRowNeeds } from "./row.ts";
import { STATEMENT_TABLE } from "./statement-table.ts";

const tape = fc.array(fc.nat(0xffff), { maxLength: 400, size: "max" }).map(tapeChoices);
const tableText = fc.constantFrom(...[...STATEMENT_TABLE.values()].flat().map(([text]) => toBytes(text)));
const generatedText = tape.map((choices) => Buffer.from(writeDraft(draftStatement(choices), choices)));
const anyText = fc.oneof(tableText, generatedText);

test("a statement needs the same however it is written", () => {
  fc.assert(
    fc.property(tape, tape, (choices, others) => {
      const draft = draftStatement(choices);
      for (const writing of [choices, others]) {
        const text = writeDraft(draft, writing);
        assert.equal(needsOf(Buffer.from(text)), draft.needs, JSON.stringify(text));
      }
    }),
    { numRuns: 3000 },
  );
});

test("what was parsed before changes nothing", () => {
  fc.assert(
    fc.property(fc.array(generatedText, { minLength: 2, maxLength: 8 }), (texts) => {
      const first = texts.map(needsOf);
      assert.deepEqual([...texts].reverse().map(needsOf).reverse(), first);
    }),
  );
});

test("a changed text is parsed without an exception, to names that it holds, and to nothing that is outside of it", () => {
  fc.assert(
    fc.property(anyText, anyText, tape, (text, other, choices) => {
      const bytes = mutate(text, other, choices);
      const parsed = parseStatement(bytes, 0, bytes.length);
      assertNamesOf(parsed, bytes);
      const between = Buffer.concat([other, bytes, other]);
      const found = parseStatement(between, other.length, other.length + bytes.length);
      assert.equal(toRowNeeds(found), toRowNeeds(parsed), JSON.stringify(bytes.toString("latin1")));
    }),
    { numRuns: 5000 },
  );
});

test("any bytes are parsed without an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const bytes = Buffer.from(content);
      assertNamesOf(parseStatement(bytes, 0, bytes.length), bytes);
    }),
  );
});

test("a text that is cut off has no names but those that are left", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const choices = seededChoices(seed);
    const draft = draftStatement(choices);
    const bytes = Buffer.from(writeDraft(draft, choices));
    for (let end = 0; end < bytes.length; end++) {
      assertNamesOf(parseStatement(bytes, 0, end), bytes.subarray(0, end));
    }
  }
});

test("comments before a text and semicolons behind it change nothing", () => {
  for (const [text, expected] of [...STATEMENT_TABLE.values()].flat()) {
    const bytes = toBytes(text);
    const found = needsOf(bytes);
    assert.equal(needsOf(Buffer.concat([Buffer.from("/* ' */-- \"\n"), bytes])), found, JSON.stringify(String(text)));
    if (expected === NOT_UNDERSTOOD || found === NOT_UNDERSTOOD) continue;
    assert.equal(needsOf(Buffer.concat([bytes, Buffer.from("\n;; // '\r")])), found, JSON.stringify(String(text)));
  }
});

function needsOf(bytes: Buffer): string {
  return toRowNeeds(parseStatement(bytes, 0, bytes.length));
}

/** Names are made of what is in the text: nothing is invented, and nothing comes from elsewhere. */
function assertNamesOf(parsed: ParsedStatement, bytes: Buffer): void {
  const needs = parsed.understood ? parsed.needs : [];
  assert.ok(parsed.understood ? needs.length > 0 : parsed.reason.length > 0);
  const text = bytes.toString("latin1");
  for (const name of needs.flatMap(namesOf)) {
    assert.match(name, /^\w+$/);
    const isThere = text.includes(`"${name}"`) || (name === name.toLowerCase() && text.toLowerCase().includes(name));
    assert.ok(isThere, `${name} is not in ${JSON.stringify(text)}`);
  }
}

function namesOf({ target }: Need): readonly string[] {
  if (target.kind === "none") return [];
  const keyspace = target.keyspace === undefined ? [] : [target.keyspace];
  return target.kind === "table" ? [...keyspace, target.table] : keyspace;
}
