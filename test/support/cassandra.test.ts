import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { it } from "node:test";
import { cassandraOrSkip } from "./cassandra.ts";

const require = createRequire(import.meta.url);

it("starts a real Cassandra on a port of its own, which asks for passwords if it should", async (t) => {
  const cassandra = await cassandraOrSkip(t, { address: "127.0.2.2", auth: true, broadcastAddress: "127.0.2.3" });
  if (cassandra === undefined) return;
  const { Client } = require("cassandra-driver") as typeof import("cassandra-driver");
  const options = { contactPoints: [`${cassandra.address}:${cassandra.port}`], localDataCenter: "datacenter1" };
  const client = new Client({ ...options, credentials: { username: "cassandra", password: "cassandra" } });
  const { rows } = await client.execute("SELECT release_version, rpc_address FROM system.local");
  await client.shutdown();
  assert.deepEqual(
    rows.map((row) => [String(row["release_version"]), String(row["rpc_address"])]),
    [["5.0.9", "127.0.2.3"]],
  );
  const stranger = new Client(options);
  await assert.rejects(stranger.connect(), /requires authentication|Authentication/i);
  await stranger.shutdown();
});
