// The Empire's policy through a real agent on a real Cassandra, with each driver and version.
import assert from "node:assert/strict";
import { test } from "node:test";
import { empirePolicy, empirePolicyForDrivers, guard, OUTPOST, SERVER, STRANGER } from "../cassandra/empire.ts";
import { checkRecords, createEmpire, lastRecords, talkAsOutpost } from "../cassandra/empire-talk.ts";
import { cassandraOrSkip } from "../support/cassandra.ts";
import { DriverError } from "../support/cassandra-driver.ts";
import { DRIVERS } from "./drivers.ts";

test("the Empire's policy, enforced for real drivers on a real Cassandra", async (t) => {
  const server = await cassandraOrSkip(t, { address: SERVER });
  if (server === undefined) return;
  await using direct = await createEmpire(server);
  for (const { name, version, agreed, start } of DRIVERS) {
    const asked = version === undefined ? {} : { version };

    await t.test(`an outpost may insert records, and not read them: ${name}`, async () => {
      await using agent = await guard(server, await empirePolicyForDrivers(server.port));
      await using driver = start(OUTPOST);
      const session = await driver.connect({ target: agent.listenerOf("cass-server"), ...asked });
      assert.equal(session.version, agreed);
      if (session.compression !== undefined) assert.equal(session.compression, "");
      await talkAsOutpost(session, direct);
      await session.close();
      checkRecords(await lastRecords(agent));
    });

    await t.test(`a stranger does not get in: ${name}`, async () => {
      await using agent = await guard(server, await empirePolicyForDrivers(server.port));
      await using driver = start(STRANGER);
      await assert.rejects(driver.connect({ target: agent.listenerOf("cass-server"), ...asked }), DriverError);
      const records = await lastRecords(agent);
      assert.ok(records.length > 0);
      assert.deepEqual(
        records.filter(({ type, verdict }) => type !== "Connection" || verdict !== "Denied"),
        [],
      );
    });
  }

  await t.test("with the policy as it was posted, Python's driver refuses to connect, and Node's goes on", async () => {
    await using agent = await guard(server, await empirePolicy(server.port));
    const target = agent.listenerOf("cass-server");
    for (const { name, start, version } of DRIVERS) {
      await using driver = start(OUTPOST);
      const connected = driver.connect({ target, ...(version === undefined ? {} : { version }) });
      if (name.startsWith("Python")) await assert.rejects(connected, /Request Unauthorized/, name);
      else await (await connected).close();
    }
    const denied = (await lastRecords(agent)).filter(({ verdict }) => verdict === "Denied");
    assert.ok(denied.length > 0);
    for (const { fields } of denied) assert.match(fields["query_table"] ?? "", /^system_virtual_schema\./);
  });
});
