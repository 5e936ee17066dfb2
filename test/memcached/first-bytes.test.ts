// What passes before the server has shown that it reads as we do.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { memcachedOrSkip } from "../support/memcached.ts";
import { FLAGS_AND_EXPIRY, packet, response } from "./binary-packet.ts";
import { exchangeTests } from "./exchange-case.ts";
import { META_PROBE, PROBE, PROBE_REPLY } from "./proven-connection.ts";
import { DirectConnection, throughParser } from "./real-exchange.ts";

const DENIED = "CLIENT_ERROR access denied\r\n";

describe("memcache: the first bytes of a connection", () => {
  exchangeTests([
    {
      name: "a get passes at once",
      fresh: true,
      steps: [["client", "get a\r\nget b\r\n"]],
      toServer: "get a\r\nget b\r\n",
    },
    {
      name: "a set passes at once, another write waits for its reply",
      fresh: true,
      steps: [
        ["client", "set a 0 0 1\r\nx\r\nadd b 0 0 1\r\nx\r\n"],
        ["server", "STORED\r\n"],
        ["server", "NOT_STORED\r\n"],
      ],
      toServer: "set a 0 0 1\r\nx\r\nadd b 0 0 1\r\nx\r\n",
      toClient: "STORED\r\nNOT_STORED\r\n",
      log: ["Request set a", "Request add b"],
    },
    {
      name: "another write waits for a probe",
      fresh: true,
      steps: [
        ["client", "append a 0 0 1\r\nx\r\nget a\r\n"],
        ["server", "MN\r\n"],
        ["server", "STORED\r\nEND\r\n"],
      ],
      toServer: "mn\r\nappend a 0 0 1\r\nx\r\nget a\r\n",
      toClient: "STORED\r\nEND\r\n",
    },
    {
      name: "the first ms waits for a probe of its own",
      fresh: true,
      steps: [
        ["client", "get a\r\nms a 1\r\nx\r\nms a 1\r\nx\r\n"],
        ["server", "END\r\n"],
        ["server", "CLIENT_ERROR invalid mode for ms M token\r\nMN\r\n"],
        ["server", "HD\r\nHD\r\n"],
      ],
      toServer: `get a\r\n${META_PROBE}ms a 1\r\nx\r\nms a 1\r\nx\r\n`,
      toClient: "END\r\nHD\r\nHD\r\n",
    },
    {
      name: "a server that does not know ms, or carries its data block out",
      fresh: true,
      steps: [
        ["client", "ms a 1\r\nx\r\n"],
        ["server", "ERROR\r\nERROR\r\nERROR\r\n"],
      ],
      toServer: META_PROBE,
      toClient: "",
      closed: /data block of ms/,
    },
    {
      name: "a server that knows another ms",
      fresh: true,
      steps: [
        ["client", "ms a 1\r\nx\r\n"],
        ["server", "CLIENT_ERROR invalid flag\r\nERROR\r\nMN\r\n"],
      ],
      toServer: META_PROBE,
      toClient: "",
      closed: /data block of ms/,
    },
    {
      name: "ms at a server that wants authentication",
      fresh: true,
      steps: [
        ["client", "ms a 1\r\nx\r\n"],
        ["server", "CLIENT_ERROR unauthenticated\r\n"],
      ],
      toServer: META_PROBE,
      closed: /wants authentication/,
    },
    {
      name: "a probe that the server does not know",
      fresh: true,
      steps: [
        ["client", "append a 0 0 1\r\nx\r\n"],
        ["server", "ERROR\r\n"],
        ["server", "STORED\r\n"],
      ],
      toServer: "mn\r\nappend a 0 0 1\r\nx\r\n",
      toClient: "STORED\r\n",
    },
    {
      name: "a probe behind quiet requests",
      fresh: true,
      steps: [
        ["client", "mg a v q\r\nms a 1\r\nx\r\n"],
        ["server", "VA 4\r\nMN\r\n\r\nMN\r\n"],
        ["server", "CLIENT_ERROR invalid mode for ms M token\r\nMN\r\n"],
      ],
      toServer: `mg a v q\r\nmn\r\n${META_PROBE}ms a 1\r\nx\r\n`,
      toClient: "VA 4\r\nMN\r\n\r\n",
    },
    {
      name: "a server that wants authentication",
      fresh: true,
      steps: [
        ["client", "get a\r\nadd b 0 0 1\r\nx\r\n"],
        ["server", "CLIENT_ERROR unauthenticated\r\n"],
        ["server", "CLIENT_ERROR unauthenticated\r\n"],
      ],
      toServer: "get a\r\nmn\r\n",
      toClient: "CLIENT_ERROR unauthenticated\r\n",
      closed: /wants authentication/,
    },
    {
      name: "a denied write needs no server",
      l7: [{ command: "get" }],
      fresh: true,
      steps: [["client", "add b 0 0 1\r\nx\r\n"]],
      toServer: "",
      toClient: DENIED,
    },
    {
      name: "binary requests wait for a probe",
      fresh: true,
      steps: [
        ["client", packet(0x00, { key: "a" }) + packet(0x09, { key: "b" })],
        ["server", PROBE_REPLY],
        ["server", response(0x00)],
      ],
      toServer: PROBE + packet(0x00, { key: "a" }) + packet(0x09, { key: "b" }),
      toClient: response(0x00),
    },
    {
      name: "a server that takes binary for text",
      fresh: true,
      steps: [
        ["client", packet(0x00, { key: "a" })],
        ["server", "ERROR\r\n"],
      ],
      toServer: PROBE,
      toClient: "",
      closed: /does not speak binary/,
    },
  ]);
});

const RULES = [{ command: "storage", keyPrefix: "ok-" }, { command: "sasl-auth" }];

/** A real memcached that wants its clients to authenticate: rebel, alliance. */
async function withUsers(t: TestContext): ReturnType<typeof memcachedOrSkip> {
  const folder = await mkdtemp(join(tmpdir(), "weir-auth-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "users");
  await writeFile(file, "rebel:alliance\n");
  return await memcachedOrSkip(t, { options: ["-u", "root", "-Y", file] });
}

describe("memcache: servers that are started for one way of speaking", () => {
  it("-B ascii: the value of a binary request is not read as lines", async (t) => {
    const server = await memcachedOrSkip(t, { options: ["-B", "ascii"] });
    if (server === undefined) return;
    const set = packet(0x01, { extras: FLAGS_AND_EXPIRY, key: "ok-1", value: "\r\nset no-1 0 0 1\r\nx\r\n" });
    const outcome = await throughParser(server.port, RULES, [Buffer.from(set, "latin1")], undefined);
    assert.match(outcome.closeReason ?? "", /does not speak binary/);
    const direct = await DirectConnection.open(server.port);
    t.after(() => direct.close());
    assert.equal(await direct.ask("get no-1\r\n", "END\r\n"), "END\r\n");
  });

  it("-Y: the data block of a write is not read as credentials and commands", async (t) => {
    const server = await withUsers(t);
    if (server === undefined) return;
    const smuggled = "set a 0 0 14\r\nrebel alliance\r\nset no-1 0 0 1\r\nx\r\n";
    const add = `add ok-1 0 0 ${smuggled.length}\r\n${smuggled}\r\n`;
    const outcome = await throughParser(server.port, RULES, [Buffer.from(add)], "\0never\0");
    assert.match(outcome.closeReason ?? "", /wants authentication/);
    const direct = await DirectConnection.open(server.port);
    t.after(() => direct.close());
    await direct.ask("set a 0 0 14\r\nrebel alliance\r\n", "STORED\r\n");
    assert.equal(await direct.ask("get no-1\r\n", "END\r\n"), "END\r\n");
  });

  it("-Y: who authenticates with the first set goes on", async (t) => {
    const server = await withUsers(t);
    if (server === undefined) return;
    const bytes = "set ok-a 0 0 14\r\nrebel alliance\r\nadd ok-1 0 0 1\r\nx\r\nadd ok-1 0 0 1\r\nx\r\n";
    const outcome = await throughParser(server.port, RULES, [Buffer.from(bytes)], "NOT_STORED\r\n");
    assert.equal(outcome.toClient, "STORED\r\nSTORED\r\nNOT_STORED\r\n");
  });
});
