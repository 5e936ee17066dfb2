import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PassStream } from "../../proxylib/pass-stream.ts";
import { createCounters } from "./counters.ts";
import { DEFAULT_EMBEDDED_LIMITS } from "./limits.ts";
import { hasGone } from "./peer-gone.ts";
import { Relay } from "./relay.ts";
import { socketPair } from "./testing/socket-pair.ts";

test("an engine that throws costs its own connection: both sides are reset, and it is told", async (t) => {
  const client = await socketPair(t);
  const upstream = await socketPair(t);
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
    identify: () => undefined,
    setMode: () => undefined,
  });
  client.far.write("x");
  const [clientError] = await once(client.far, "error");
  assert.equal(clientError.code, "ECONNRESET");
  await closed.promise;
  assert.deepEqual(faults, [fault]);
});

test("what a client said before it went reaches a server that is slow", async (t) => {
  const client = await socketPair(t);
  const upstream = await socketPair(t);
  const closed = Promise.withResolvers<void>();
  const counters = createCounters();
  const relay = new Relay(
    { socket: client.near },
    { socket: upstream.near },
    {
      limits: DEFAULT_EMBEDDED_LIMITS,
      counters,
      onFault: (error) => assert.fail(String(error)),
      onClosed: closed.resolve,
    },
  );
  relay.start(new PassStream(relay));
  upstream.far.pause();
  upstream.far.end();
  await once(client.far.resume(), "end");
  // Until the last chunk, and the end of the stream behind it, wait unread before the relay.
  const chunk = Buffer.alloc(65_536);
  for (let idleTurns = 0; idleTurns < 500; idleTurns++) {
    if (counters.bytesToUpstream === client.far.bytesWritten) {
      client.far.write(chunk);
      idleTurns = 0;
    }
    await nextTurn();
  }
  client.far.end();
  while (!hasGone(client.near)) await nextTurn();
  relay.findGone();
  let read = 0;
  upstream.far.on("data", (data: Buffer) => {
    read += data.length;
  });
  await once(upstream.far.resume(), "end");
  assert.equal(read, client.far.bytesWritten);
  await closed.promise;
});
