import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { passer } from "../../src/proxylib/testing/parsers/passer.ts";
import { ALLOWED, ending, l7, policyOf, readAll, startRig, until, writeUntilStuck } from "./rig.ts";

const MIB = 1_048_576;

test("bytes go both ways, and the connection is on record with the rule that let it in", async (t) => {
  const rig = await startRig(t, { upstream: (socket) => socket.pipe(socket) });
  const client = await rig.connect();
  client.write("hello");
  assert.equal(String((await once(client, "data"))[0]), "hello");
  const [record] = rig.records;
  assert.equal(record?.type, "Connection");
  assert.equal(record?.verdict, "Forwarded");
  assert.equal(record?.proto, "tcp");
  assert.equal(record?.policy, "rule");
  assert.equal(record?.destination, `127.0.2.1:${rig.upstreamPort}`);
  assert.match(record?.source ?? "", /^127\.0\.1\.1:\d+$/);
  client.end();
  assert.equal(await ending(client), "closed");
  await until(() => rig.plane.counters.active === 0);
  const { bytesToUpstream, bytesToClient, opened } = rig.plane.counters;
  assert.deepEqual({ bytesToUpstream, bytesToClient, opened }, { bytesToUpstream: 5, bytesToClient: 5, opened: 1 });
});

test("a client that ends its stream first still gets five values of 1 MB", async (t) => {
  const value = Buffer.alloc(MIB, "v");
  const rig = await startRig(t, {
    upstream: async (socket) => {
      assert.equal(String(await readAll(socket)), "get");
      for (let i = 0; i < 5; i++) socket.write(value);
      socket.end();
    },
  });
  const client = await rig.connect();
  client.end("get");
  assert.equal((await readAll(client)).length, 5 * MIB);
});

test("a server that ends its stream first still gets five values of 1 MB", async (t) => {
  const value = Buffer.alloc(MIB, "v");
  const received = Promise.withResolvers<Buffer>();
  const rig = await startRig(t, {
    upstream: (socket) => {
      socket.end("bye");
      readAll(socket).then(received.resolve, received.reject);
    },
  });
  const client = await rig.connect();
  assert.equal(String(await readAll(client)), "bye");
  for (let i = 0; i < 5; i++) client.write(value);
  client.end();
  assert.equal((await received.promise).length, 5 * MIB);
  assert.equal(await ending(client), "closed");
});

for (const [reader, writer] of [
  ["server", "client"],
  ["client", "server"],
]) {
  test(`a ${reader} that does not read stops the ${writer}; nothing piles up in between`, async (t) => {
    const rig = await startRig(t);
    const client = await rig.connect();
    await until(() => rig.upstreamSockets.length === 1);
    const server = rig.upstreamSockets[0]!;
    const [from, to] = writer === "client" ? [client, server] : [server, client];
    to.pause();
    const written = await writeUntilStuck(from, Buffer.alloc(65_536));
    const { bytesToUpstream, bytesToClient } = rig.plane.counters;
    const relayed = bytesToUpstream + bytesToClient;
    assert.ok(relayed < 16 * MIB, `${relayed} bytes went through`);
    // Between what was relayed and what was written are only the kernel's buffers and one stream buffer.
    assert.ok(written < 32 * MIB, `${written} bytes were taken`);
    from.end();
    let read = 0;
    to.on("data", (data: Buffer) => {
      read += data.length;
    });
    to.resume();
    await once(to, "end");
    assert.equal(read, written);
  });
}

for (const [policy, extensions] of [
  [policyOf("server", ALLOWED), []],
  [policyOf("server", l7("test.passer")), [passer]],
] as const) {
  test(`bytes arrive as they were sent while both sides are slow (${extensions.length === 0 ? "spliced" : "parsed"})`, async (t) => {
    const rig = await startRig(t, { policy, extensions });
    const client = await rig.connect();
    await until(() => rig.upstreamSockets.length === 1);
    const server = rig.upstreamSockets[0]!;
    const forth = randomBytes(6 * MIB);
    const back = randomBytes(6 * MIB);
    // More than the kernel holds: memory that is used again too early would show.
    writeInPieces(client, forth);
    writeInPieces(server, back);
    const [received, answered] = await Promise.all([readSlowly(server), readSlowly(client)]);
    assert.ok(received.equals(forth), "what the server got differs");
    assert.ok(answered.equals(back), "what the client got differs");
  });
}

function writeInPieces(socket: Socket, bytes: Buffer): void {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 3) % 200_000) {
    socket.write(bytes.subarray(at, at + size));
  }
  socket.end();
}

async function readSlowly(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(chunks);
}

test("a reset by the server resets the client", async (t) => {
  const rig = await startRig(t, { upstream: (socket) => socket.once("data", () => socket.resetAndDestroy()) });
  const client = await rig.connect();
  client.write("x");
  assert.equal(await ending(client), "ECONNRESET");
});

test("a reset by the client resets the server, behind the bytes that were sent before", async (t) => {
  const rig = await startRig(t);
  const client = await rig.connect();
  client.write("last words");
  await until(() => rig.upstreamSockets.length === 1);
  const server = rig.upstreamSockets[0]!;
  assert.equal(String((await once(server, "data"))[0]), "last words");
  const ended = ending(server);
  client.resetAndDestroy();
  assert.equal(await ended, "ECONNRESET");
  await until(() => rig.plane.counters.active === 0);
});

test("a server's last words reach a slow client that goes on sending to nobody", async (t) => {
  const rig = await startRig(t, {
    upstream: (socket) => {
      socket.resume();
      socket.write(Buffer.alloc(MIB / 2));
      socket.end(() => socket.destroy());
    },
  });
  const client = await rig.connect();
  client.pause();
  await until(() => rig.plane.counters.bytesToClient === MIB / 2);
  assert.equal(await ending(rig.upstreamSockets[0]!), "closed");
  // The server's kernel answers this with a reset, in which the answer must not get lost.
  for (let i = 0; i < 50; i++) {
    client.write("noise");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await readAll(client)).length, MIB / 2);
});

test("the kernel is asked once, and only for connections that live on, to notice dead peers", async (t) => {
  const asked: unknown[][] = [];
  const watched = (): Socket => {
    const socket = new Socket({ allowHalfOpen: true });
    const setKeepAlive = (enable?: boolean, delayMs?: number): Socket => {
      asked.push([enable, delayMs]);
      return Socket.prototype.setKeepAlive.call(socket, enable, delayMs);
    };
    return Object.assign(socket, { setKeepAlive });
  };
  let upstreamPort = 0;
  const rig = await startRig(t, {
    plane: {
      limits: { keepAliveAfterMs: 5 },
      connector: () => ({ socket: watched().connect(upstreamPort, "127.0.2.1") }),
    },
  });
  upstreamPort = rig.upstreamPort;
  await rig.connect();
  await until(() => asked.length > 0);
  await rig.connect();
  await until(() => asked.length > 1);
  assert.deepEqual(asked, [
    [true, 60_000],
    [true, 60_000],
  ]);
});
