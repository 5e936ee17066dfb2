import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { it } from "node:test";
import { memcachedOrSkip, startMemcached } from "./memcached.ts";

it("starts a real memcached on a port of its own", async (t) => {
  const memcached = await memcachedOrSkip(t, { address: "127.0.2.1" });
  if (memcached === undefined) return;
  const socket = connect(memcached.port, "127.0.2.1");
  socket.write("version\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  assert.match(answer.toString(), /^VERSION 1\./);
});

it("tells why a memcached does not start", async (t) => {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  await assert.rejects(
    startMemcached({ port: memcached.port }),
    /memcached did not start: .*[Aa]ddress already in use/s,
  );
});

it("ends with the block that started it", async (t) => {
  if ((await memcachedOrSkip(t)) === undefined) return;
  let ended: Promise<unknown>;
  {
    await using memcached = await startMemcached();
    ended = memcached.process.ended;
  }
  await ended;
});
