import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createCounters } from "./counters.ts";
import { DEFAULT_EMBEDDED_LIMITS } from "./limits.ts";
import { Relay } from "./relay.ts";

async function pair(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const far = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
  const [near] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

test("an engine that throws costs its own connection: both sides are reset, and it is told", async (t) => {
  const client = await pair(t);
  const upstream = await pair(t);
  const closed = Promise.withResolvers<void>();
  const faults: unknown[] = [];
  const relay = new Relay(
    { socket: client.near },
    { socket: upstream.near },
    {
      limits: DEFAULT_EMBEDDED_LIMITS,
      counters: createCounters(),
      onFault: (error) => faults.push(error),
      onClosed: closed.resolve,
    },
  );
  const fault = new TypeError("a bug");
  relay.start({
    receive: () => {
      throw fault;
    },
    drained: () => undefined,
    closed: () => undefined,
  });
  client.far.write("x");
  const [clientError] = await once(client.far, "error");
  assert.equal(clientError.code, "ECONNRESET");
  await closed.promise;
  assert.deepEqual(faults, [fault]);
});
