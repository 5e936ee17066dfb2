// Prepared statements of real drivers behind weir: shared, judged whenever they are executed, and prepared again.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { empirePolicyForDrivers, guard, OUTPOST, SERVER, told } from "../cassandra/empire.ts";
import { createEmpire, lastRecords } from "../cassandra/empire-talk.ts";
import { cassandraOrSkip } from "../support/cassandra.ts";
import type { DriverSession } from "../support/cassandra-driver.ts";
import { DRIVERS } from "./drivers.ts";

const STATEMENT = {
  cql: "INSERT INTO attendance.daily_records (creation, loc_id, present) VALUES (now(), ?, ?)",
  values: [3, true],
};
const TABLE = "attendance.daily_records";

/** Drivers whose version is given: what they negotiate changes nothing here. */
const KINDS = DRIVERS.filter(({ version }) => version !== undefined);

/** What becomes of an execution as soon as the driver has a connection again: it makes one by itself. */
async function executeWhenConnected(session: DriverSession): Promise<string> {
  for (;;) {
    const outcome = told(await session.executePrepared(STATEMENT));
    if (!outcome.startsWith("NoHostAvailable")) return outcome;
  }
}

test("prepared statements of real drivers", async (t) => {
  const server = await cassandraOrSkip(t, { address: SERVER });
  if (server === undefined) return;
  await using direct = await createEmpire(server);
  const policy = await empirePolicyForDrivers(server.port);
  const each = async (name: string, check: (kind: (typeof KINDS)[number], t: TestContext) => Promise<void>) => {
    for (const kind of KINDS) await t.test(`${name}: ${kind.name}`, (inner) => check(kind, inner));
  };

  await each("other connections execute what one has prepared", async ({ start, version }) => {
    await using agent = await guard(server, policy);
    await using driver = start(OUTPOST);
    const options = { target: agent.listenerOf("cass-server"), version: version ?? 4, connections: 3 };
    const sessions = [await driver.connect(options), await driver.connect(options)] as const;
    for (let count = 0; count < 6; count++) {
      assert.equal(told(await sessions[0].executePrepared(STATEMENT)), "0 rows");
      // Node's driver cannot execute what another session has prepared, but has several connections in each.
      assert.equal(told(await sessions[1].executePrepared(STATEMENT, sessions[0])), "0 rows");
    }
    for (const session of sessions) await session.close();
    const records = (await lastRecords(agent)).filter(({ fields }) => fields["query_table"] === TABLE);
    const addresses = (kind: string): string[] =>
      records.filter(({ fields }) => fields["prepared"] === kind).map(({ source }) => source.address);
    assert.equal(addresses("execute").length, 12);
    const preparing = new Set(addresses("prepare"));
    const foreign = addresses("execute").filter((address) => !preparing.has(address));
    assert.ok(foreign.length >= 4, `${foreign.length} of 12 executed where nothing was prepared`);
    assert.deepEqual([...new Set(records.map(({ type }) => type))], ["Request"]);
  });

  await each("when weir was started anew they are prepared again", async ({ start, version }) => {
    await direct.run(`TRUNCATE ${TABLE}`);
    await using first = await guard(server, policy);
    const target = first.listenerOf("cass-server");
    await using driver = start(OUTPOST);
    const session = await driver.connect({ target, version: version ?? 4 });
    assert.equal(told(await session.executePrepared(STATEMENT)), "0 rows");
    await first.stop();
    await using second = await guard(server, policy, target);
    assert.equal(await executeWhenConnected(session), "0 rows");
    await session.close();
    assert.deepEqual(await direct.run(`SELECT count(*) FROM ${TABLE}`), [["2"]]);
    const records = (await lastRecords(second)).filter(({ fields }) => fields["prepared"] !== undefined);
    assert.deepEqual(
      records.map(({ type, fields }) => [type, fields["prepared"], fields["query_table"], fields["error"]]),
      [
        ["Denied", "execute", undefined, "0x2500 Unprepared"],
        ["Request", "prepare", TABLE, undefined],
        ["Request", "execute", TABLE, undefined],
      ],
    );
  });

  await each("a change of policy counts from the next execution on", async ({ start, version }) => {
    await using agent = await guard(server);
    const file = join(agent.folder, "empire.yaml");
    const enforce = async (text: string): Promise<void> => {
      await writeFile(file, text);
      const { code, stderr } = await agent.weir("policy", "import", file);
      assert.equal(code, 0, stderr);
    };
    await enforce(policy);
    await using driver = start(OUTPOST);
    const session = await driver.connect({ target: agent.listenerOf("cass-server"), version: version ?? 4 });
    assert.equal(told(await session.executePrepared(STATEMENT)), "0 rows");
    await enforce(policy.replace('"insert"', '"delete"'));
    assert.equal(told(await session.executePrepared(STATEMENT)), "Unauthorized");
    await enforce(policy);
    assert.equal(told(await session.executePrepared(STATEMENT)), "0 rows");
    await session.close();
    const records = (await lastRecords(agent)).filter(({ fields }) => fields["query_table"] === TABLE);
    assert.deepEqual(
      records.map(({ type, fields }) => [type, fields["prepared"]]),
      [
        ["Request", "prepare"],
        ["Request", "execute"],
        ["Denied", "execute"],
        ["Request", "execute"],
      ],
    );
    assert.equal(new Set(records.map(({ source }) => source.address)).size, 1, "the connection lives on");
  });
});
