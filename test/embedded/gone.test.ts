import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_EMBEDDED_LIMITS } from "../../src/datapath/embedded/limits.ts";
import { passer } from "../../src/proxylib/testing/parsers/passer.ts";
import { ALLOWED, ending, l7, policyOf, readAll, startRig, until, writeUntilStuck } from "./rig.ts";

/** Looks often and waits little. */
const limits = { ...DEFAULT_EMBEDDED_LIMITS, keepAliveAfterMs: 2, flushTimeoutMs: 20 };

for (const [kind, verdict] of [
  ["spliced", ALLOWED],
  ["parsed", l7("test.passer")],
] as const) {
  const options = { policy: policyOf("server", verdict), extensions: [passer], plane: { limits } };

  test(`a client that has ended its stream and gone holds no connection open (${kind})`, async (t) => {
    const rig = await startRig(t, options);
    const client = await rig.connect();
    await until(() => rig.upstreamSockets.length === 1);
    const server = rig.upstreamSockets[0]!;
    client.end("bye");
    assert.equal(String(await readAll(server)), "bye");
    // The server neither answers nor closes.
    client.resetAndDestroy();
    await until(() => rig.plane.counters.active === 0);
  });

  test(`a client that has gone while its server took nothing holds no connection open (${kind})`, async (t) => {
    const rig = await startRig(t, options);
    const client = await rig.connect();
    await until(() => rig.upstreamSockets.length === 1);
    rig.upstreamSockets[0]!.pause();
    await writeUntilStuck(client, Buffer.alloc(65_536));
    client.resetAndDestroy();
    await until(() => rig.plane.counters.active === 0);
  });

  test(`a server that has gone while its client took nothing holds no connection open (${kind})`, async (t) => {
    const rig = await startRig(t, options);
    const client = await rig.connect();
    client.pause();
    await until(() => rig.upstreamSockets.length === 1);
    await writeUntilStuck(rig.upstreamSockets[0]!, Buffer.alloc(65_536));
    rig.upstreamSockets[0]!.resetAndDestroy();
    await until(() => rig.plane.counters.active === 0);
  });

  test(`a client that has ended its stream may wait for its answer as long as it likes (${kind})`, async (t) => {
    const rig = await startRig(t, options);
    const client = await rig.connect();
    await until(() => rig.upstreamSockets.length === 1);
    const server = rig.upstreamSockets[0]!;
    client.end("a long question");
    await readAll(server);
    // Meanwhile others go, one after the other, and are found out.
    for (let others = 0; others < 3; others++) {
      const other = await rig.connect();
      await until(() => rig.plane.counters.active === 2 && rig.upstreamSockets.length === others + 2);
      other.end();
      await readAll(rig.upstreamSockets.at(-1)!);
      other.resetAndDestroy();
      await until(() => rig.plane.counters.active === 1);
    }
    server.end("the answer");
    assert.equal(String(await readAll(client)), "the answer");
    assert.equal(await ending(client), "closed");
  });
}
