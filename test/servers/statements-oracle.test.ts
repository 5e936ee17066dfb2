import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CassandraProgram, findCassandra } from "../../scripts/ensure-cassandra.ts";
import { parseStatement } from "../../src/parsers/cassandra/cql/parse-statement.ts";
import { seededChoices } from "../cassandra/statements/generated/choices.ts";
import { draftStatement } from "../cassandra/statements/generated/draft.ts";
import { mutate } from "../cassandra/statements/generated/mutate.ts";
import { soup } from "../cassandra/statements/generated/soup.ts";
import { writeDraft } from "../cassandra/statements/generated/write-draft.ts";
import { NOT_UNDERSTOOD, toBytes, toRowNeeds, withoutDoubt } from "../cassandra/statements/row.ts";
import { STATEMENT_TABLE } from "../cassandra/statements/statement-table.ts";
import { type Accepted, askOracle, type Refused } from "./oracle/oracle.ts";
import { serverNeeds } from "./oracle/server-needs.ts";

/** What is compared, and how much of it the server must accept and we must understand: else the test compares nothing. */
const GENERATED = { texts: 20_000, acceptedMin: 19_000, understoodMin: 19_000 };
const CHANGED = { texts: 60_000, acceptedMin: 10_000, understoodMin: 9_500 };
const SOUPS = { texts: 60_000, acceptedMin: 3_000, understoodMin: 2_500 };

const rows = [...STATEMENT_TABLE.values()].flat();

test("the server accepts and refuses what the table says, and takes the same names from it", async (t) => {
  const program = cassandraProgramOrSkip(t);
  if (program === undefined) return;
  const answers = await askOracle(
    program,
    rows.map(([text]) => toBytes(text)),
  );
  const wrong = rows.flatMap(([text, expected, server], at) => {
    const answer = answers[at] as Accepted | Refused;
    const accepts = server === undefined ? expected !== NOT_UNDERSTOOD : server === "server accepts";
    if (answer.accepted !== accepts) return [`${JSON.stringify(String(text))}: ${told(answer)}`];
    if (!answer.accepted || expected === NOT_UNDERSTOOD) return [];
    const needs = serverNeeds(answer);
    return needs === withoutDoubt(expected) ? [] : [`${JSON.stringify(String(text))}: ${expected}, server ${needs}`];
  });
  assert.equal(wrong.length, 0, wrong.join("\n"));
});

test("a generated statement that the server accepts needs what we say", async (t) => {
  await compare(t, GENERATED, generated);
});

test("a changed statement that the server accepts needs what we say, or is not understood", async (t) => {
  await compare(t, CHANGED, changed);
});

test("pieces of tokens are cut as the server cuts them, or not understood", async (t) => {
  await compare(t, SOUPS, (seed) => Buffer.from(soup(seededChoices(seed))));
});

interface Amounts {
  readonly texts: number;
  readonly acceptedMin: number;
  readonly understoodMin: number;
}

/** Fails if there is a text that the server accepts and that needs something else than we say. */
async function compare(t: TestContext, amounts: Amounts, make: (seed: number) => Buffer): Promise<void> {
  const program = cassandraProgramOrSkip(t);
  if (program === undefined) return;
  const texts = Array.from({ length: amounts.texts }, (_, at) => make(at + 1));
  const wrong: string[] = [];
  let accepted = 0;
  let understood = 0;
  for (const [at, answer] of (await askOracle(program, texts)).entries()) {
    if (!answer.accepted) continue;
    const text = texts[at] as Buffer;
    const found = toRowNeeds(parseStatement(text, 0, text.length));
    accepted++;
    if (found === NOT_UNDERSTOOD) continue;
    if (found === serverNeeds(answer)) understood++;
    else wrong.push(`${JSON.stringify(text.toString())}\n  we say ${found}\n  server ${serverNeeds(answer)}`);
  }
  t.diagnostic(`of ${texts.length} texts the server accepts ${accepted}, of which we understand ${understood}`);
  assert.equal(wrong.length, 0, `${wrong.length} texts, such as\n${wrong.slice(0, 20).join("\n")}`);
  assert.ok(accepted >= amounts.acceptedMin, `the server accepts only ${accepted}`);
  assert.ok(understood >= amounts.understoodMin, `we understand only ${understood}`);
}

function generated(seed: number): Buffer {
  const choices = seededChoices(seed);
  return Buffer.from(writeDraft(draftStatement(choices), choices));
}

/** Every third from the table, the others generated. */
function changed(seed: number): Buffer {
  const choices = seededChoices(-seed);
  const row = () => toBytes(rows[choices.below(rows.length)]?.[0] ?? "");
  return mutate(seed % 3 === 0 ? row() : generated(GENERATED.texts + seed), row(), choices);
}

function told(answer: Accepted | Refused): string {
  return answer.accepted ? `accepted as ${answer.class}` : `refused (${answer.kind}: ${answer.message})`;
}

/** The jars and a Java; where they were not fetched the test is skipped, and fails with CI=true. */
function cassandraProgramOrSkip(t: TestContext): CassandraProgram | undefined {
  const program = findCassandra();
  assert.ok(program !== undefined || process.env["CI"] !== "true", "Cassandra is not here");
  if (program === undefined) t.skip("needs Cassandra, which is not here (scripts/ensure-cassandra.ts fetches it)");
  return program;
}
