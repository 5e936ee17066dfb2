import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../api/identity.ts";
import { encodeListener } from "../datapath/embedded/hosted/resources.ts";
import type { Redirect } from "../datapath/embedded/redirect.ts";
import { formatTarget } from "../datapath/embedded/redirect.ts";
import { parseAddress } from "../lib/ip/address.ts";
import type { ResourceUpdate } from "../xds/resource.ts";
import { HostListeners } from "./host-listeners.ts";

/** Remembers what was done; port 666 cannot be had. */
class Target {
  readonly done: string[] = [];
  async openListener(name: string, redirect: Redirect): Promise<{ redirect: Redirect; listen: string }> {
    if (redirect.listen.port === 666) throw new Error("the address is in use");
    this.done.push(`open ${name} ${formatTarget(redirect.listen)}`);
    return { redirect, listen: formatTarget(redirect.listen) };
  }
  async closeListener(name: string): Promise<void> {
    this.done.push(`close ${name}`);
  }
}

function listenerAt(name: string, port: number): ResourceUpdate {
  const address = parseAddress("127.0.0.1")!;
  const upstream = { address, port: 1 as Port };
  const value = encodeListener(
    { listen: { address, port }, upstream, endpoint: "e", direction: "ingress" },
    `127.0.0.1:${port}`,
  );
  return { kind: "Listener", put: [{ name, version: `v${port}`, value }], removed: [] };
}

function setUp(): { target: Target; listeners: HostListeners } {
  const target = new Target();
  return { target, listeners: new HostListeners(target, () => undefined) };
}

test("nothing opens before everything has been delivered", async () => {
  const { target, listeners } = setUp();
  listeners.begin();
  assert.equal(await listeners.update(listenerAt("a", 1)), undefined);
  assert.deepEqual(target.done, []);
  await listeners.synced();
  assert.deepEqual(target.done, ["open a 127.0.0.1:1"]);
  assert.deepEqual(listeners.reports(), [{ name: "a", listen: "127.0.0.1:1" }]);
});

test("under another agent what stays the same stays open, and what is not wanted any more closes", async () => {
  const { target, listeners } = setUp();
  listeners.begin();
  await listeners.update(listenerAt("a", 1));
  await listeners.update(listenerAt("b", 2));
  await listeners.synced();
  listeners.begin();
  await listeners.update(listenerAt("a", 1));
  await listeners.update(listenerAt("c", 3));
  target.done.length = 0;
  await listeners.synced();
  assert.deepEqual(target.done, ["close b", "open c 127.0.0.1:3"]);
});

test("an agent that goes before it has delivered everything changes nothing", async () => {
  const { target, listeners } = setUp();
  listeners.begin();
  await listeners.update(listenerAt("a", 1));
  await listeners.synced();
  target.done.length = 0;
  listeners.begin();
  listeners.begin();
  await listeners.update(listenerAt("a", 1));
  await listeners.synced();
  assert.deepEqual(target.done, []);
});

test("later changes hold at once; what cannot be opened is refused and told", async () => {
  const { target, listeners } = setUp();
  await listeners.update(listenerAt("a", 1));
  await listeners.update(listenerAt("a", 2));
  assert.equal(await listeners.update(listenerAt("x", 666)), "the address is in use");
  assert.deepEqual(listeners.reports().at(-1), { name: "x", listen: "", error: "the address is in use" });
  await listeners.update({ kind: "Listener", put: [], removed: ["a", "x"] });
  assert.deepEqual(target.done, ["open a 127.0.0.1:1", "open a 127.0.0.1:2", "close a", "close x"]);
  assert.deepEqual(listeners.reports(), []);
});

test("what cannot be decoded is refused with its name", async () => {
  const { listeners } = setUp();
  const broken: ResourceUpdate = {
    kind: "Listener",
    put: [{ name: "odd", version: "v", value: Buffer.from([0xff]) }],
    removed: [],
  };
  assert.match((await listeners.update(broken)) ?? "", /listener odd: it cannot be decoded/);
});
