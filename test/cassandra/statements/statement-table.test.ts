import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStatement } from "../../../src/parsers/cassandra/cql/parse-statement.ts";
import { fitsAction, isExpected, NOT_UNDERSTOOD, toBytes, toRowNeeds, toStatement, withoutDoubt } from "./row.ts";
import { STATEMENT_TABLE } from "./statement-table.ts";

/** Bytes before and behind a text that would change it if they were read. */
const BEFORE = Buffer.from("USE evil; ");
const BEHIND = Buffer.from(" ; DROP TABLE evil.x -- '");

for (const [family, rows] of STATEMENT_TABLE) {
  test(`statements of the family "${family}" need what the table says`, () => {
    const wrong: string[] = [];
    for (const [text, expected] of rows) {
      const found = needsOf(toBytes(text));
      if (!isExpected(found, expected))
        wrong.push(`${JSON.stringify(String(text))}\n  needs ${expected}\n  found ${found}`);
    }
    assert.equal(wrong.length, 0, `\n${wrong.join("\n")}`);
  });
}

test("a statement is found between other bytes, none of which it reads", () => {
  for (const [text] of [...STATEMENT_TABLE.values()].flat()) {
    const bytes = toBytes(text);
    const around = Buffer.concat([BEFORE, bytes, BEHIND]);
    const parsed = parseStatement(around, BEFORE.length, BEFORE.length + bytes.length);
    assert.equal(toRowNeeds(parsed), needsOf(bytes), JSON.stringify(String(text)));
  }
});

test("the table holds at least 300 different statements, and says nothing that the actions contradict", () => {
  const rows = [...STATEMENT_TABLE.values()].flat();
  const texts = new Set(rows.map(([text]) => toBytes(text).toString("latin1")));
  assert.equal(texts.size, rows.length, "a statement is there twice");
  assert.ok(texts.size >= 300, `${texts.size} statements`);
  for (const [text, expected] of rows.filter(([, needs]) => needs !== NOT_UNDERSTOOD)) {
    const statement = toStatement(expected);
    assert.ok(statement.needs.every(fitsAction), `${String(text)}: ${expected}`);
    assert.equal(toRowNeeds(statement), withoutDoubt(expected));
  }
});

function needsOf(bytes: Buffer): string {
  return toRowNeeds(parseStatement(bytes, 0, bytes.length));
}
