import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { defineExtension } from "../../src/proxylib/parser.ts";
import { lineParser } from "../../src/proxylib/testing/parsers/line-parser.ts";
import { more, nop, pass } from "../../src/proxylib/verdict.ts";
import { ending, l7, policyOf, readAll, startRig, until, writeUntilStuck } from "./rig.ts";

const MIB = 1_048_576;
const LINE = policyOf("server", l7("test.lineparser"));

/** Length-prefixed frames (decimal, `:`), passed from their header on: bodies need no buffering. */
const framed = defineExtension({
  name: "test.framed",
  version: "1.0.0",
  fields: {},
  create: () => ({
    onData: (reply, _endStream, data) => {
      if (data.length === 0) return nop;
      if (!reply) return pass(data.length);
      const colon = data.indexOf(0x3a);
      return colon < 0 ? more(1) : pass(colon + 1 + Number(data.text(0, colon)));
    },
  }),
});

test("a client that ends its stream first still gets five values of 1 MB through the parser", async (t) => {
  const value = Buffer.concat([Buffer.from(`${MIB}:`), Buffer.alloc(MIB, "v")]);
  const rig = await startRig(t, {
    policy: policyOf("server", l7("test.framed")),
    extensions: [framed],
    upstream: async (socket) => {
      assert.equal(String(await readAll(socket)), "get");
      for (let i = 0; i < 5; i++) socket.write(value);
      socket.end();
    },
  });
  const client = await rig.connect();
  client.end("get");
  const received = await readAll(client);
  assert.equal(received.length, 5 * value.length);
  assert.ok(received.subarray(-value.length).equals(value));
  assert.equal(await ending(client), "closed");
});

test("many small pieces leave in order", async (t) => {
  const rig = await startRig(t, {
    policy: LINE,
    extensions: [lineParser],
    upstream: (socket) => void socket.pipe(socket),
  });
  const client = await rig.connect();
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i % 3 === 0 ? "DROP" : "PASS"} ${i}\n`);
  client.end(lines.join(""));
  assert.equal(String(await readAll(client)), lines.filter((line) => line.startsWith("PASS")).join(""));
});

test("an error is answered by the end of the stream, behind what was decided before; the client may go on sending", async (t) => {
  const rig = await startRig(t, { policy: LINE, extensions: [lineParser] });
  const client = await rig.connect();
  client.write("PASS 1\nINJECT answer\nbad\n");
  const read = readAll(client);
  await until(() => rig.upstreamSockets.length === 1);
  assert.equal(String(await readAll(rig.upstreamSockets[0]!)), "PASS 1\n");
  client.write(Buffer.alloc(100_000));
  assert.equal(String(await read), "INJECT answer\n");
  client.end();
  assert.equal(await ending(client), "closed");
  await until(() => rig.plane.counters.active === 0);
});

test("after an error a client that neither reads nor ends is not waited for", async (t) => {
  const rig = await startRig(t, {
    policy: LINE,
    extensions: [lineParser],
    plane: { limits: { lingerTimeoutMs: 10 } },
  });
  const client = await rig.connect();
  client.write("bad\n");
  client.pause();
  await until(() => rig.plane.counters.opened === 1);
  await until(() => rig.plane.counters.active === 0);
});

test("answers of ours to a client that does not read stop its requests; nothing piles up", async (t) => {
  const rig = await startRig(t, {
    policy: LINE,
    extensions: [lineParser],
    upstream: (socket) => void socket.resume().on("end", () => socket.end()),
  });
  const client = await rig.connect();
  client.pause();
  const request = Buffer.from(`INJECT ${"x".repeat(1_000)}\n`.repeat(64));
  const written = await writeUntilStuck(client, request);
  assert.ok(written < 32 * MIB, `${written} bytes were taken`);
  assert.equal(rig.plane.counters.active, 1, "the connection lives");
  client.end();
  client.resume();
  assert.equal((await readAll(client)).length, written);
});

test("an exception in one parser ends its connection and no other", async (t) => {
  const fragile = defineExtension({
    name: "test.fragile",
    version: "1.0.0",
    fields: {},
    create: () => ({
      onData: (_reply, _endStream, data) => {
        if (data.length === 0) return nop;
        if (data.text().includes("boom")) throw new TypeError("no such thing");
        return pass(data.length);
      },
    }),
  });
  const rig = await startRig(t, {
    policy: policyOf("server", l7("test.fragile")),
    extensions: [fragile],
    upstream: (socket) => void socket.pipe(socket),
  });
  const [first, second] = [await rig.connect(), await rig.connect()];
  first.write("boom");
  assert.equal(String(await readAll(first)), "");
  const record = await rig.recorded(({ verdict }) => verdict === "Error");
  assert.match(record.fields["status"] ?? "", /no such thing/);
  second.write("fine");
  assert.equal(String((await once(second, "data"))[0]), "fine");
});
