import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { ending, startRig, until } from "./rig.ts";

test("stop accepts nobody new and waits for live connections", async (t) => {
  const rig = await startRig(t, { upstream: (socket) => socket.pipe(socket) });
  const listen = rig.plane.status().listeners[0]?.listen ?? "";
  const client = await rig.connect();
  await until(() => rig.plane.counters.opened === 1);
  const stopped = rig.plane.stop(60_000);
  assert.equal(rig.plane.status().state, "draining");
  client.write("still here");
  assert.equal(String((await once(client, "data"))[0]), "still here");
  const [host, port] = listen.split(":");
  const late = connect({ host: host ?? "", port: Number(port) });
  assert.equal(await ending(late), "ECONNREFUSED");
  client.end();
  await stopped;
  assert.equal(rig.plane.status().state, "stopped");
  assert.equal(await ending(client), "closed");
  assert.equal(rig.plane.counters.active, 0);
});

test("what is left when the grace is over is reset and recorded", async (t) => {
  const rig = await startRig(t);
  const client = await rig.connect();
  await until(() => rig.plane.counters.opened === 1);
  await rig.plane.stop(10);
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
  const record = rig.records.at(-1);
  assert.equal(record?.verdict, "Error");
  assert.match(record?.fields["status"] ?? "", /weir stops/);
});

test("a reset at the very moment of a half-close leaves nothing open", async (t) => {
  const rig = await startRig(t, { upstream: (socket) => socket.once("data", () => socket.end("bye")) });
  const client = await rig.connect();
  client.resume();
  client.write("x");
  // The FIN is on its way to the client when the data plane stops.
  await until(() => rig.plane.counters.bytesToClient === 3);
  await rig.plane.stop(0);
  assert.equal(rig.plane.counters.active, 0);
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
});
