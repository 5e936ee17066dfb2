// Real client libraries through the parser to a real memcached: they must understand the denials.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer } from "node:net";
import { it, type TestContext } from "node:test";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import { ScriptedConnection, type ScriptedRules } from "../../src/proxylib/testing/index.ts";
import { memcachedOrSkip } from "../support/memcached.ts";

const require = createRequire(import.meta.url);
const RULES = [
  { command: "get", keyPrefix: "alliance/fleet/" },
  { command: "writeGroup", keyPrefix: "alliance/fleet/" },
];

/** Listens, and takes each connection through a parser to the server. @returns `host:port`. */
async function relay(t: TestContext, port: number, l7: ScriptedRules): Promise<string> {
  const listener = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    const connection = new ScriptedConnection(memcache, { l7 });
    const flush = (): void => {
      server.write(connection.takeToServer(), "latin1");
      client.write(connection.takeToClient(), "latin1");
      if (connection.closeReason !== undefined) client.destroy();
    };
    client.on("data", (bytes) => {
      connection.fromClient(bytes);
      flush();
    });
    server.on("data", (bytes) => {
      connection.fromServer(bytes);
      flush();
    });
    client.on("close", () => server.destroy()).on("error", () => undefined);
    server.on("close", () => client.destroy()).on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => listener.close());
  return `127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

it("npm memcached (text)", async (t) => {
  const server = await memcachedOrSkip(t);
  if (server === undefined) return;
  const Memcached = require("memcached");
  const client = new Memcached(await relay(t, server.port, RULES), { poolSize: 1, retries: 0 });
  t.after(() => client.end());
  const call = (method: string, ...parameters: unknown[]): Promise<unknown> =>
    new Promise((resolve) => {
      client[method](...parameters, (error: Error | undefined, result: unknown) => resolve(error ?? result));
    });
  const all = [
    await call("set", "alliance/fleet/x", "one", 60),
    await call("set", "empire/x", "one", 60),
    await call("get", "alliance/fleet/x"),
    await call("get", "empire/x"),
    await call("del", "alliance/fleet/x"),
  ];
  assert.equal(all[0], true);
  assert.match(String(all[1]), /access denied/);
  assert.equal(all[2], "one");
  assert.match(String(all[3]), /access denied/);
  assert.equal(all[4], true);
});

it("memjs (binary)", async (t) => {
  const server = await memcachedOrSkip(t);
  if (server === undefined) return;
  const { Client } = require("memjs");
  const client = Client.create(await relay(t, server.port, RULES), { retries: 0 });
  t.after(() => client.close());
  const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
  const all = await Promise.all([
    outcome(client.set("alliance/fleet/x", "one", { expires: 60 })),
    outcome(client.set("empire/x", "one", { expires: 60 })),
    outcome(client.get("alliance/fleet/x")),
    outcome(client.get("empire/x")),
    outcome(client.delete("alliance/fleet/x")),
  ]);
  assert.equal(all[0], true);
  // Its own words for the status.
  assert.match(String(all[1]), /Authentication error/);
  assert.equal(String((all[2] as { value: Buffer }).value), "one");
  assert.match(String(all[3]), /Authentication error/);
  assert.equal(all[4], true);
});
