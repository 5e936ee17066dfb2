// The Empire's policy through a real agent on a real Cassandra, with a real driver. All drivers and versions:
// `npm run test:servers`.
import { test } from "node:test";
import { cassandraOrSkip } from "../support/cassandra.ts";
import { nodeDriver } from "../support/node-driver.ts";
import { empirePolicy, guard, OUTPOST, SERVER } from "./empire.ts";
import { checkRecords, createEmpire, lastRecords, talkAsOutpost } from "./empire-talk.ts";

test("an outpost may insert records, and not read them: npm cassandra-driver, version 4", async (t) => {
  const server = await cassandraOrSkip(t, { address: SERVER });
  if (server === undefined) return;
  await using direct = await createEmpire(server);
  await using agent = await guard(server, await empirePolicy(server.port));
  await using driver = nodeDriver(OUTPOST);
  const session = await driver.connect({ target: agent.listenerOf("cass-server"), version: 4 });
  await talkAsOutpost(session, direct);
  await session.close();
  checkRecords(await lastRecords(agent));
});
