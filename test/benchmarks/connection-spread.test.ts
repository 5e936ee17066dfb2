import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { findSpread } from "../../benchmarks/proxy/connection-spread.ts";

test("benchmarks: connections are counted for the process that accepted them", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 3 }, () => connect(port, "127.0.0.1"));
  try {
    // This process has both ends of each connection; those of the clients have other ports.
    const question = { address: `127.0.0.1:${port}`, pids: [process.pid, process.ppid], connections: 3 };
    assert.deepEqual(await findSpread({ ...question, acceptors: 1 }), [3]);
    assert.deepEqual(await findSpread({ ...question, acceptors: 2 }), [3, 0]);
  } finally {
    for (const client of clients) client.destroy();
    server.close();
  }
});
