import assert from "node:assert/strict";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { RunningAgent } from "../support/agent.ts";
import type { Cassandra } from "../support/cassandra.ts";
import type { DriverSession } from "../support/cassandra-driver.ts";
import { nodeDriver } from "../support/node-driver.ts";
import { ALLOWED, DIRECT, REFUSED, SCHEMA, told } from "./empire.ts";

const WRITTEN = ALLOWED.reduce((sum, { records }) => sum + records, 0);

/** Somebody who goes around weir and may do everything. */
export interface DirectHand extends AsyncDisposable {
  run(cql: string): Promise<readonly (readonly string[])[]>;
}

/** Makes the Empire's tables on a new server. */
export async function createEmpire(server: Cassandra): Promise<DirectHand> {
  const driver = nodeDriver(DIRECT);
  const session = await driver.connect({ target: `${server.address}:${server.port}` });
  const run = async (cql: string): Promise<readonly (readonly string[])[]> => {
    const outcome = await session.execute(cql);
    if ("error" in outcome) throw new Error(`${cql}: ${outcome.error}: ${outcome.message}`);
    return outcome.rows;
  };
  for (const cql of SCHEMA) await run(cql);
  return {
    run,
    async [Symbol.asyncDispose]() {
      await session.close();
      await driver[Symbol.asyncDispose]();
    },
  };
}

/** Lets an outpost's driver try everything; checks what it is told, and what is written. */
export async function talkAsOutpost(session: DriverSession, direct: DirectHand): Promise<void> {
  await direct.run("TRUNCATE attendance.daily_records");
  const expected: string[] = [];
  const seen: string[] = [];
  for (const step of REFUSED) {
    expected.push(`${step.name}: Unauthorized`);
    seen.push(`${step.name}: ${told(await step.run(session))}`);
  }
  for (const step of ALLOWED) {
    expected.push(`${step.name}: ${step.rows} rows`);
    seen.push(`${step.name}: ${told(await step.run(session))}`);
  }
  assert.deepEqual(seen, expected);
  assert.deepEqual(await direct.run("SELECT count(*) FROM attendance.daily_records"), [[String(WRITTEN)]]);
  assert.deepEqual(await direct.run("SELECT count(*) FROM deathstar.scrum_notes"), [["0"]]);
}

/** Ends the agent, so that its access log is complete, and reads it. */
export async function lastRecords(agent: RunningAgent): Promise<AccessLogRecord[]> {
  agent.process.kill("SIGTERM");
  await agent.process.ended;
  return await agent.accessLog();
}

/** What the driver reads for itself is not looked at. */
const OWN = /^system(_schema|_virtual_schema)?\./;

const UNSUPPORTED_VERSION = /protocol version/;

/** Checks the records of one {@link talkAsOutpost}. */
export function checkRecords(all: readonly AccessLogRecord[]): void {
  const records = all.filter(({ type, fields }) => type !== "Connection" && !OWN.test(fields["query_table"] ?? ""));
  assert.deepEqual(
    records.filter(({ proto, source }) => proto !== "cassandra" || source.endpoint !== "outpost"),
    [],
  );
  // What is no valid request: only the versions that a driver tries first.
  for (const { fields } of records.filter(({ verdict }) => verdict === "Error"))
    assert.match(fields["status"] ?? "", UNSUPPORTED_VERSION);
  const denied = records.filter(({ verdict }) => verdict === "Denied");
  assert.deepEqual(
    denied.map(({ fields }) => [fields["query_action"], fields["query_table"]]),
    REFUSED.flatMap((step) => step.denied),
  );
  assert.deepEqual(
    denied.filter(({ rule }) => rule !== undefined),
    [],
  );
  const done = records.filter(
    ({ type, fields }) => type === "Request" && fields["prepared"] !== "prepare" && fields["status"] === undefined,
  );
  const rule = "specs[0].ingress[0].toPorts[0].rules.l7[2]";
  assert.deepEqual(
    done.map((record) => [record.fields["query_action"], record.fields["query_table"], record.rule]),
    Array.from({ length: WRITTEN }, () => ["insert", "attendance.daily_records", rule]),
  );
  // None of the refusals has cost the connection.
  const calls = records.filter(({ verdict }) => verdict !== "Error");
  assert.equal(new Set(calls.map(({ source }) => source.address)).size, 1, "one connection carries all calls");
}
