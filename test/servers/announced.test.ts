// Drivers connect to one server, and then to the others at the addresses that it announces: how these come to be weir's.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { empirePolicyForDrivers, INSERT, OUTPOST, SCHEMA, told } from "../cassandra/empire.ts";
import { lastRecords } from "../cassandra/empire-talk.ts";
import { type RunningAgent, startAgent } from "../support/agent.ts";
import { type Cassandra, cassandraOrSkip } from "../support/cassandra.ts";
import { nodeDriver } from "../support/node-driver.ts";
import { DRIVERS } from "./drivers.ts";

const SERVERS = ["127.0.11.1", "127.0.11.2"] as const;
/** Where weir listens for each, at the servers' own port. */
const LISTENERS = ["127.0.11.11", "127.0.11.12"] as const;
const KINDS = DRIVERS.filter(({ version }) => version === 4);

/** Two servers of one cluster, with the Empire's tables. @param announced What each tells drivers; default: its own address. */
async function startRing(t: TestContext, announced?: readonly [string, string]): Promise<Cassandra | undefined> {
  const announce = (address: string | undefined) => (address === undefined ? {} : { broadcastAddress: address });
  const first = await cassandraOrSkip(t, { address: SERVERS[0], ...announce(announced?.[0]) });
  if (first === undefined) return undefined;
  const joined = { address: SERVERS[1], port: first.port, joins: first };
  await cassandraOrSkip(t, { ...joined, ...announce(announced?.[1]) });
  await using driver = nodeDriver(SERVERS[0]);
  const session = await driver.connect({ target: `${first.address}:${first.port}` });
  for (const cql of SCHEMA) assert.equal(told(await session.execute(cql)), "0 rows", cql);
  return first;
}

/** weir in front of both. */
async function guardRing(port: number): Promise<RunningAgent> {
  const redirect = (index: 0 | 1): string =>
    `  - {listen: "${LISTENERS[index]}:${port}", upstream: "${SERVERS[index]}:${port}", endpoint: cass-server}`;
  return await startAgent({
    configuration: `
endpoints:
  - {name: cass-server, addresses: [${SERVERS.join(", ")}], labels: ["app=cass-server"]}
  - {name: outpost, addresses: [${OUTPOST}], labels: ["app=empire-outpost"]}
redirects:
${redirect(0)}
${redirect(1)}
policies: [./policy.yaml]
accessLog: ./run/access.log
`,
    files: { "policy.yaml": await empirePolicyForDrivers(port) },
  });
}

/** Calls go to both servers in turn; weir must have seen all of them. */
async function checkBothGuarded(
  port: number,
  kind: (typeof KINDS)[number],
  translate: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  await using agent = await guardRing(port);
  await using driver = kind.start(OUTPOST);
  const target = `${LISTENERS[0]}:${port}`;
  const session = await driver.connect({ target, version: 4, ...(translate === undefined ? {} : { translate }) });
  assert.deepEqual(
    await session.servers(),
    LISTENERS.map((address) => `${address}:${port}`),
  );
  for (let count = 0; count < 6; count++) {
    assert.equal(told(await session.execute(INSERT)), "0 rows");
    assert.equal(told(await session.execute("SELECT * FROM attendance.daily_records")), "Unauthorized");
  }
  await session.close();
  const records = (await lastRecords(agent)).filter(
    ({ fields }) => fields["query_table"] === "attendance.daily_records",
  );
  assert.equal(records.length, 12);
  assert.deepEqual(
    [...new Set(records.map(({ destination }) => destination.address))].sort(),
    SERVERS.map((address) => `${address}:${port}`),
  );
}

test("servers that announce weir's listeners (broadcast_rpc_address)", async (t) => {
  const server = await startRing(t, LISTENERS);
  if (server === undefined) return;
  for (const kind of KINDS) await t.test(kind.name, () => checkBothGuarded(server.port, kind, undefined));
});

test("servers that announce themselves, and drivers that translate their addresses", async (t) => {
  const server = await startRing(t);
  if (server === undefined) return;
  const translate = { [SERVERS[0]]: LISTENERS[0], [SERVERS[1]]: LISTENERS[1] };
  for (const kind of KINDS) await t.test(kind.name, () => checkBothGuarded(server.port, kind, translate));
  await t.test("without translation drivers go around weir: it cannot help that", async () => {
    await using _agent = await guardRing(server.port);
    await using driver = nodeDriver(OUTPOST);
    const session = await driver.connect({ target: `${LISTENERS[0]}:${server.port}`, version: 4 });
    assert.deepEqual(await session.servers(), [`${LISTENERS[0]}:${server.port}`, `${SERVERS[1]}:${server.port}`]);
  });
});
