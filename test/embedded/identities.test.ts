// Live connections when somebody else stands behind an address, or an endpoint goes.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { NumericIdentity } from "../../src/api/identity.ts";
import { connectTcp } from "../../src/datapath/embedded/connect.ts";
import type { PeerIdentity } from "../../src/datapath/embedded/identity-lookup.ts";
import type { EndpointPolicy } from "../../src/policy/endpoint-policy.ts";
import { headerParser } from "../../src/proxylib/testing/parsers/header-parser.ts";
import {
  ALLOWED,
  AUDITED,
  CLIENT,
  CLIENT_ADDRESS,
  DENIED,
  ending,
  l7,
  PEERS,
  policyOf,
  SERVER,
  startRig,
  until,
  WORLD,
} from "./rig.ts";

const OTHER = 305 as NumericIdentity;
const other: PeerIdentity = { identity: OTHER, labels: ["unspec:app=other"], endpoint: "client" };
const echo = (socket: Socket): void => void socket.pipe(socket);
const HEADER = "test.headerparser";

async function exchange(client: Socket, text: string): Promise<string> {
  client.write(text);
  return String((await once(client, "data"))[0]);
}

/** The client may ask for what contains its own number, and nothing else. */
function byIdentity(): EndpointPolicy {
  const policy = policyOf("server", ALLOWED);
  const allowing = (own: number) =>
    l7(HEADER, (request) => (request as { contains: string }).contains.includes(`${own}`));
  const verdicts = new Map<number, ReturnType<typeof l7>>([CLIENT, OTHER].map((id) => [id, allowing(id)]));
  return { ...policy, ingress: { enforced: true, lookup: (remote) => verdicts.get(remote) ?? DENIED } };
}

test("a connection goes on under the new identity of its client, from the next request on, and says so", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: [headerParser], policy: byIdentity() });
  const client = await rig.connect();
  assert.equal(await exchange(client, "for 301\n"), "for 301\n");
  rig.peers.set(CLIENT_ADDRESS, other);
  await rig.plane.identitiesChanged();
  assert.equal(await exchange(client, "for 301\n"), "Line dropped: for 301\n");
  assert.equal(await exchange(client, "for 305\n"), "for 305\n");
  assert.deepEqual(
    rig.records.map(({ type, verdict, identities }) => [type, verdict, ...identities]),
    [
      ["Request", "Forwarded", CLIENT, SERVER],
      ["Connection", "Forwarded", OTHER, SERVER],
      ["Denied", "Denied", OTHER, SERVER],
      ["Request", "Forwarded", OTHER, SERVER],
    ],
  );
  assert.deepEqual(rig.records[1]?.fields, { status: "the identity of the source has changed from 301 to 305" });
  assert.equal(rig.plane.counters.reidentified, 1);
  await rig.plane.identitiesChanged();
  assert.equal(rig.records.length, 4, "nothing has changed since");
});

test("any policy finds a changed identity, whether or not anybody told of it", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  rig.peers.set(CLIENT_ADDRESS, other);
  await rig.plane.apply(policyOf("server", AUDITED));
  assert.equal(await exchange(client, "b"), "b");
  const status = "the identity of the source has changed from 301 to 305: no rule allows it";
  assert.deepEqual(
    rig.records.slice(1).map(({ verdict, fields }) => [verdict, fields]),
    [["Audit", { status }]],
  );
});

test("a connection whose new identity is not allowed ends, and says why", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  rig.peers.delete(CLIENT_ADDRESS);
  await rig.plane.identitiesChanged();
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
  const record = rig.records.at(-1);
  assert.deepEqual([record?.type, record?.verdict, record?.identities], ["Connection", "Denied", [WORLD, SERVER]]);
  assert.deepEqual(record?.fields, {
    status: "the identity of the source has changed from 301 to 2: no rule allows it",
  });
  assert.equal(rig.plane.counters.resetByPolicy, 1);
  assert.equal(rig.plane.counters.reidentified, 0);
});

test("the endpoint's own new identity shows in the records, and ends nothing", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: [headerParser], policy: policyOf("server", l7(HEADER)) });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a\n"), "a\n");
  for (const [address, peer] of rig.peers) {
    if (peer.endpoint === "server") rig.peers.set(address, { ...peer, identity: OTHER });
  }
  await rig.plane.identitiesChanged();
  assert.equal(await exchange(client, "b\n"), "b\n");
  assert.deepEqual(
    rig.records.map(({ type, identities }) => [type, ...identities]),
    [
      ["Request", CLIENT, SERVER],
      ["Request", CLIENT, OTHER],
    ],
  );
});

test("an egress connection ends when its client is the endpoint no more", async (t) => {
  const rig = await startRig(t, { upstream: echo, endpoint: "client", direction: "egress" });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  rig.peers.set(CLIENT_ADDRESS, { ...other, endpoint: "somebody else" });
  rig.peers.set("127.0.1.9", PEERS[CLIENT_ADDRESS]!);
  await rig.plane.identitiesChanged();
  assert.equal(await ending(client), "ECONNRESET");
  assert.match(rig.records.at(-1)?.fields["status"] ?? "", /127\.0\.1\.1 is no address of the endpoint "client"/);
});

test("the server's new identity counts for egress", async (t) => {
  const policy = policyOf("client", ALLOWED, "egress");
  const rig = await startRig(t, {
    upstream: echo,
    endpoint: "client",
    direction: "egress",
    policy: { ...policy, egress: { enforced: true, lookup: (remote) => (remote === OTHER ? DENIED : ALLOWED) } },
  });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  for (const [address, peer] of rig.peers) {
    if (peer.endpoint === "server") rig.peers.set(address, { ...peer, identity: OTHER });
  }
  await rig.plane.identitiesChanged();
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(
    rig.records.at(-1)?.fields["status"],
    "the identity of the destination has changed from 300 to 305: no rule allows it",
  );
});

test("who waits for the upstream is judged by the identity that its address has when it is there", async (t) => {
  const rig = await startRig(t, {
    policy: byIdentity(),
    extensions: [headerParser],
    plane: {
      connector: (target) => {
        // Before the connection stands, and without anybody telling.
        rig.peers.delete(CLIENT_ADDRESS);
        return connectTcp(target);
      },
    },
  });
  const client = await rig.connect();
  assert.equal(await ending(client), "ECONNRESET");
  const record = rig.records.at(-1);
  assert.deepEqual([record?.verdict, record?.identities], ["Denied", [WORLD, SERVER]]);
  assert.equal(rig.plane.counters.opened, 0);
});

test("rounds that look anew are shared by all who ask meanwhile, and visit a bounded number of connections a turn", async (t) => {
  let lookUps = 0;
  const rig = await startRig(t, {
    plane: {
      identities: {
        ofAddress: () => {
          lookUps++;
          return PEERS[CLIENT_ADDRESS]!;
        },
        ofEndpoint: () => PEERS["127.0.2.1"],
      },
    },
  });
  const count = 300;
  for (let opened = 0; opened < count; opened++) await rig.connect();
  await until(() => rig.plane.counters.opened === count);
  lookUps = 0;
  const rounds: Promise<void>[] = [rig.plane.identitiesChanged()];
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(lookUps > 0 && lookUps < count, `${lookUps} were looked up in one turn`);
  // The first round is under way: it may have passed connections whose identity changes now.
  for (let asked = 0; asked < 50; asked++) rounds.push(rig.plane.identitiesChanged());
  await Promise.all(rounds);
  assert.equal(lookUps, 2 * count);
});

test("an endpoint that goes takes its policy and its connections with it", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  await rig.plane.forget("somebody else");
  assert.equal(await exchange(client, "b"), "b");
  await rig.plane.forget("server");
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
  const record = rig.records.at(-1);
  assert.deepEqual([record?.type, record?.verdict], ["Connection", "Denied"]);
  assert.deepEqual(record?.fields, { status: 'there is no endpoint "server" any more' });
  await until(() => rig.plane.counters.active === 0);
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  assert.match(rig.records.at(-1)?.fields["status"] ?? "", /no policy is known for the endpoint "server"/);
});

test("connections of an endpoint that comes back stay, whatever is still ended of the one that went", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const before: Socket[] = [];
  for (let opened = 0; opened < 300; opened++) before.push(await rig.connect());
  await until(() => rig.plane.counters.opened === 300);
  const gone = rig.plane.forget("server");
  await rig.plane.apply(policyOf("server", ALLOWED));
  const client = await rig.connect();
  await gone;
  assert.equal(await exchange(client, "a"), "a");
  assert.equal(rig.plane.counters.resetByPolicy, 300);
  for (const socket of before) assert.equal(await ending(socket), "ECONNRESET");
});

test("another world is there at once, for every live connection", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: [headerParser], policy: byIdentity() });
  const clients = await Promise.all(Array.from({ length: 600 }, () => rig.connect()));
  await until(() => rig.plane.counters.opened === clients.length);
  rig.peers.set(CLIENT_ADDRESS, other);
  const replaced = rig.plane.replaceAll([byIdentity()]);
  // Without a turn of the event loop in between.
  assert.equal(rig.plane.counters.reidentified, clients.length);
  await replaced;
  assert.equal(await exchange(clients.at(-1)!, "for 301\n"), "Line dropped: for 301\n");
  assert.equal(await exchange(clients.at(-1)!, "for 305\n"), "for 305\n");
});

test("in another world without their endpoint, connections end", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  await until(() => rig.plane.counters.opened === 1);
  await rig.plane.replaceAll([policyOf("another", ALLOWED)]);
  assert.equal(await ending(client), "ECONNRESET");
  const late = await rig.connect();
  assert.equal(await ending(late), "ECONNRESET");
});
