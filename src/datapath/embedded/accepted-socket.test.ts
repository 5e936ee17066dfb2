import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { readReusing } from "./accepted-socket.ts";
import { socketPair } from "./testing/socket-pair.ts";

test("an accepted connection is read into the same memory again and again, and keeps its addresses and its end", async (t) => {
  const { near, far } = await socketPair(t);
  const { remoteAddress, remotePort } = near;
  const { socket, reader } = readReusing(near);
  t.after(() => socket.destroy());
  assert.ok(reader !== undefined, "this Node hands connections over");
  assert.deepEqual([socket.remoteAddress, socket.remotePort], [remoteAddress, remotePort]);

  const areas = new Set<ArrayBufferLike>();
  let received = "";
  let next = Promise.withResolvers<void>();
  reader.attach(
    (chunk) => {
      areas.add(chunk.buffer);
      received += chunk.toString();
      next.resolve();
    },
    [socket],
  );
  socket.resume();
  for (const text of ["one ", "two ", "three"]) {
    next = Promise.withResolvers<void>();
    far.write(text);
    await next.promise;
  }
  assert.equal(received, "one two three");
  assert.equal(areas.size, 1);

  const ended = once(socket, "end");
  far.end();
  await ended;
  socket.end("bye");
  const [answer] = await once(far, "data");
  assert.equal(String(answer), "bye");
});

test("it reads nothing before it is asked to, and stops when it is paused", async (t) => {
  const { near, far } = await socketPair(t);
  const { socket, reader } = readReusing(near);
  t.after(() => socket.destroy());
  let received = 0;
  reader?.attach(
    (chunk) => {
      received += chunk.length;
      socket.pause();
    },
    [socket],
  );
  // More than the sockets' own memory holds: what is not read makes the sender wait.
  far.write(Buffer.alloc(32 * 1_048_576));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(received, 0);
  const paused = once(socket, "pause");
  socket.resume();
  await paused;
  const readFirst = received;
  assert.ok(readFirst > 0 && readFirst <= 65_536, `${readFirst} bytes`);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(received, readFirst);
});

test("a socket whose connection cannot be handed over stays as it is", () => {
  const socket = new Socket();
  assert.deepEqual(readReusing(socket), { socket });
});
