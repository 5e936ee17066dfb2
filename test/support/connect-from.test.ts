import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runProcess } from "./child-process.ts";
import { connectFrom } from "./connect-from.ts";

/** Answers every line as a memcached without any items, and tells where each connection came from. */
function startEmptyCache(seen: string[]): Server {
  const server = createServer((socket: Socket) => {
    seen.push(socket.remoteAddress ?? "");
    socket.on("data", () => socket.end("END\r\n"));
    socket.on("error", () => {});
  });
  return server.listen(0, "127.0.0.1");
}

describe("connectFrom", () => {
  const seen: string[] = [];
  const server = startEmptyCache(seen);
  let port = 0;
  before(async () => {
    if (!server.listening) await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  const forms: Readonly<Record<string, () => Socket>> = {
    "connect(port, host)": () => connect(port, "127.0.0.1"),
    "connect({port, host})": () => connect({ port, host: "127.0.0.1" }),
    "connect({port, host: name})": () => connect({ port, host: "localhost" }),
    "socket.connect(port, host)": () => new Socket().connect(port, "127.0.0.1"),
    "socket.connect(text, host)": () => new Socket().connect(String(port) as unknown as number, "127.0.0.1"),
  };
  for (const [name, open] of Object.entries(forms)) {
    it(`${name} comes from the chosen address`, async () => {
      const undo = connectFrom(() => "127.0.1.9");
      try {
        const socket = open();
        await once(socket, "connect");
        assert.equal(socket.localAddress, "127.0.1.9");
        socket.destroy();
      } finally {
        undo();
      }
    });
  }

  it("leaves connections alone afterwards", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    assert.equal(socket.localAddress, "127.0.0.1");
    socket.destroy();
  });

  for (const library of ["memcached", "memcache-client", "memjs"]) {
    it(`carries ${library} in a process of its own`, async () => {
      seen.length = 0;
      const preload = new URL("source-address.ts", import.meta.url).href;
      const program = fileURLToPath(new URL("get-once.ts", import.meta.url));
      const { code, stderr } = await runProcess(
        process.execPath,
        ["--import", preload, program, library, `127.0.0.1:${port}`],
        { environment: { WEIR_SOURCE_ADDRESS: "127.0.1.7" } },
      );
      assert.equal(code, 0, stderr);
      assert.ok(seen.length > 0, "the library connected");
      assert.deepEqual([...new Set(seen)], ["127.0.1.7"]);
    });
  }
});
