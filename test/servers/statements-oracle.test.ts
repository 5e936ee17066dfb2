import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  type CassandraProgram,
  type CassandraVersion,
  findCassandra,
  OLDER_VERSIONS,
} from "../../scripts/ensure-cassandra.ts";
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
interface Amounts {
  readonly texts: number;
  readonly acceptedMin: number;
  readonly understoodMin: number;
}

const GENERATED = { texts: 20_000, acceptedMin: 19_000, understoodMin: 19_000 };
const CHANGED = { texts: 60_000, acceptedMin: 10_000, understoodMin: 9_500 };
const SOUPS = { texts: 60_000, acceptedMin: 3_000, understoodMin: 2_500 };

interface OlderAmounts {
  readonly rows: Pick<Amounts, "acceptedMin" | "understoodMin">;
  readonly generated: Amounts;
  readonly changed: Amounts;
  readonly soups: Amounts;
}

/** An older version refuses what it does not know yet, 3.11 every DESCRIBE: such texts are not compared. */
const OLDER: Readonly<Record<(typeof OLDER_VERSIONS)[number], OlderAmounts>> = {
  "4.1.9": {
    rows: { acceptedMin: 480, understoodMin: 450 },
    generated: { texts: 6_000, acceptedMin: 5_000, understoodMin: 5_000 },
    changed: { texts: 12_000, acceptedMin: 1_800, understoodMin: 1_750 },
    soups: { texts: 12_000, acceptedMin: 600, understoodMin: 550 },
  },
  "4.0.17": {
    rows: { acceptedMin: 465, understoodMin: 440 },
    generated: { texts: 6_000, acceptedMin: 4_200, understoodMin: 4_200 },
    changed: { texts: 12_000, acceptedMin: 1_550, understoodMin: 1_500 },
    soups: { texts: 12_000, acceptedMin: 600, understoodMin: 550 },
  },
  "3.11.19": {
    rows: { acceptedMin: 410, understoodMin: 390 },
    generated: { texts: 6_000, acceptedMin: 2_950, understoodMin: 2_950 },
    changed: { texts: 12_000, acceptedMin: 1_100, understoodMin: 1_050 },
    soups: { texts: 12_000, acceptedMin: 580, understoodMin: 550 },
  },
};

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
  await compare(t, undefined, [sample("generated", GENERATED, generated)]);
});

test("a changed statement that the server accepts needs what we say, or is not understood", async (t) => {
  await compare(t, undefined, [sample("changed", CHANGED, changed)]);
});

test("pieces of tokens are cut as the server cuts them, or not understood", async (t) => {
  await compare(t, undefined, [sample("pieces", SOUPS, pieces)]);
});

for (const version of OLDER_VERSIONS) {
  test(`what Cassandra ${version} accepts needs what we say, or is not understood`, async (t) => {
    const amounts = OLDER[version];
    await compare(t, version, [
      { ...amounts.rows, what: "rows", texts: rows.map(([text]) => toBytes(text)) },
      sample("generated", amounts.generated, generated),
      sample("changed", amounts.changed, changed),
      sample("pieces", amounts.soups, pieces),
    ]);
  });
}

interface Sample {
  readonly what: string;
  readonly texts: readonly Buffer[];
  readonly acceptedMin: number;
  readonly understoodMin: number;
}

function sample(what: string, amounts: Amounts, make: (seed: number) => Buffer): Sample {
  return { ...amounts, what, texts: Array.from({ length: amounts.texts }, (_, at) => make(at + 1)) };
}

/** Fails if there is a text that the server accepts and that needs something else than we say. */
async function compare(
  t: TestContext,
  version: CassandraVersion | undefined,
  samples: readonly Sample[],
): Promise<void> {
  const program = cassandraProgramOrSkip(t, version);
  if (program === undefined) return;
  const answers = await askOracle(
    program,
    samples.flatMap(({ texts }) => texts),
  );
  let from = 0;
  for (const one of samples) {
    compareSample(t, one, answers.slice(from, from + one.texts.length));
    from += one.texts.length;
  }
}

function compareSample(t: TestContext, { what, texts, ...amounts }: Sample, answers: readonly (Accepted | Refused)[]) {
  const wrong: string[] = [];
  let accepted = 0;
  let understood = 0;
  for (const [at, answer] of answers.entries()) {
    if (!answer.accepted) continue;
    const text = texts[at] as Buffer;
    const found = toRowNeeds(parseStatement(text, 0, text.length));
    accepted++;
    if (found === NOT_UNDERSTOOD) continue;
    if (found === serverNeeds(answer)) understood++;
    else wrong.push(`${JSON.stringify(text.toString())}\n  we say ${found}\n  server ${serverNeeds(answer)}`);
  }
  t.diagnostic(
    `${what}: of ${texts.length} texts the server accepts ${accepted}, of which we understand ${understood}`,
  );
  assert.equal(wrong.length, 0, `${what}: ${wrong.length} texts, such as\n${wrong.slice(0, 20).join("\n")}`);
  assert.ok(accepted >= amounts.acceptedMin, `${what}: the server accepts only ${accepted}`);
  assert.ok(understood >= amounts.understoodMin, `${what}: we understand only ${understood}`);
}

function pieces(seed: number): Buffer {
  return Buffer.from(soup(seededChoices(seed)));
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
function cassandraProgramOrSkip(t: TestContext, version?: CassandraVersion): CassandraProgram | undefined {
  const program = findCassandra(version);
  assert.ok(program !== undefined || process.env["CI"] !== "true", "Cassandra is not here");
  if (program === undefined) t.skip("needs Cassandra, which is not here (scripts/ensure-cassandra.ts fetches it)");
  return program;
}
