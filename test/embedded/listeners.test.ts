import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { Port } from "../../src/api/identity.ts";
import type { Redirect } from "../../src/datapath/embedded/redirect.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import { CLIENT_ADDRESS, ending, type Rig, startRig, until } from "./rig.ts";

const CONNECTIONS = 64;

function redirectTo(rig: Rig, port: number): Redirect {
  return {
    listen: { address: parseAddress("127.0.0.1")!, port },
    upstream: { address: parseAddress("127.0.2.1")!, port: rig.upstreamPort as Port },
    endpoint: "server",
    direction: "ingress",
  };
}

async function reach(listen: string): Promise<Socket> {
  const [host, port] = listen.split(":");
  const socket = connect({ host: host ?? "", port: Number(port), localAddress: CLIENT_ADDRESS });
  await once(socket, "connect");
  return socket;
}

test("several data planes share the address of a listener, and each gets connections", async (t) => {
  const one = await startRig(t, { plane: { reusePort: true } });
  const two = await startRig(t, { plane: { reusePort: true } });
  const { listen } = await one.plane.openListener("shared", redirectTo(one, 0));
  const port = Number(listen.split(":")[1]);
  assert.equal((await two.plane.openListener("shared", redirectTo(two, port))).listen, listen);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => reach(listen)));
  await until(() => one.plane.counters.opened + two.plane.counters.opened === CONNECTIONS);
  assert.ok(one.plane.counters.opened > 0);
  assert.ok(two.plane.counters.opened > 0);
  for (const client of clients) client.destroy();
});

test("without sharing, an address that is taken is told", async (t) => {
  const one = await startRig(t);
  const two = await startRig(t);
  const { listen } = await one.plane.openListener("mine", redirectTo(one, 0));
  const port = Number(listen.split(":")[1]);
  await assert.rejects(two.plane.openListener("mine", redirectTo(two, port)), /the address is in use/);
});

test("a listener that is taken away ends its connections, and no others", async (t) => {
  const rig = await startRig(t, { upstream: (socket) => socket.pipe(socket) });
  const { listen } = await rig.plane.openListener("second", redirectTo(rig, 0));
  const stays = await rig.connect();
  const goes = await reach(listen);
  await until(() => rig.plane.counters.opened === 2);
  await rig.plane.closeListener("second");
  assert.equal(await ending(goes), "ECONNRESET");
  assert.match(rig.records.at(-1)?.fields["status"] ?? "", /no such listener/);
  stays.write("still here");
  assert.equal(String((await once(stays, "data"))[0]), "still here");
  assert.equal(rig.plane.status().listeners.length, 1);
});

test("a listener is put in the place of another one of its name", async (t) => {
  const rig = await startRig(t);
  const first = await rig.plane.openListener("named", redirectTo(rig, 0));
  const second = await rig.plane.openListener("named", redirectTo(rig, 0));
  const open = rig.plane.status().listeners.map(({ listen }) => listen);
  assert.ok(open.includes(second.listen));
  assert.ok(second.listen === first.listen || !open.includes(first.listen));
});
