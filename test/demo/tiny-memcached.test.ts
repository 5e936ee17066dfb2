import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { MemcacheClient } from "memcache-client";
import { createTinyMemcached } from "../../examples/demo/tiny-memcached.ts";

describe("the small memcached of the demo", () => {
  const server = createTinyMemcached();
  let port = 0;
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  /** Sends the pieces one by one and gives all that comes back until the server closes. */
  async function talk(...pieces: string[]): Promise<string> {
    const socket = connect(port, "127.0.0.1").setNoDelay();
    await once(socket, "connect");
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
    return await text(socket);
  }

  it("keeps what a client library stores", async () => {
    const client = new MemcacheClient({ server: `127.0.0.1:${port}` });
    await client.set("red-five", "hangar 3");
    const item = await client.get<string>("red-five");
    assert.equal(item.value, "hangar 3");
    await client.delete("red-five");
    assert.equal(await client.get("red-five"), undefined);
    client.shutdown();
  });

  const cases: readonly { name: string; request: string; reply: string }[] = [
    {
      name: "add stores only what is new",
      request: "add n 1 0 1\r\na\r\nadd n 1 0 1\r\nb\r\nget n\r\n",
      reply: "STORED\r\nNOT_STORED\r\nVALUE n 1 1\r\na\r\nEND\r\n",
    },
    { name: "replace stores only over what is there", request: "replace nix 0 0 1\r\na\r\n", reply: "NOT_STORED\r\n" },
    {
      name: "noreply is silent",
      request: "set q 0 0 1 noreply\r\na\r\nget q\r\n",
      reply: "VALUE q 0 1\r\na\r\nEND\r\n",
    },
    {
      name: "a body may look like a command",
      request: "set c 0 0 11\r\nflush_all\r\n\r\nget c\r\n",
      reply: "STORED\r\nVALUE c 0 11\r\nflush_all\r\n\r\nEND\r\n",
    },
    {
      name: "several keys in one get",
      request: "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\nget a nix b\r\n",
      reply: "STORED\r\nSTORED\r\nVALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n",
    },
    { name: "delete of nothing", request: "delete nix\r\n", reply: "NOT_FOUND\r\n" },
    {
      name: "flush_all empties it",
      request: "set f 0 0 1\r\n1\r\nflush_all\r\nget f\r\n",
      reply: "STORED\r\nOK\r\nEND\r\n",
    },
    { name: "unknown commands", request: "shutdown\r\n", reply: "ERROR\r\n" },
  ];
  for (const { name, request, reply } of cases) {
    it(`${name}, whole and byte by byte`, async () => {
      await talk("flush_all\r\nquit\r\n");
      assert.equal(await talk(`${request}quit\r\n`), reply);
      await talk("flush_all\r\nquit\r\n");
      assert.equal(await talk(...`${request}quit\r\n`), reply);
    });
  }

  it("closes on a length that is none, or too long", async () => {
    for (const length of ["-1", "4294967308", "1048577", "x", ""]) {
      assert.match(await talk(`set k 0 0 ${length}\r\n`), /^CLIENT_ERROR /, `length ${length}`);
    }
    assert.match(await talk("x".repeat(3_000)), /^CLIENT_ERROR line too long/);
  });
});
