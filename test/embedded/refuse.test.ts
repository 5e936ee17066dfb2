import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { WeirError } from "../../src/lib/error.ts";
import { headerParser } from "../../src/proxylib/testing/parsers/header-parser.ts";
import { ALLOWED, DENIED, ending, l7, listen, policyOf, portOf, STRANGER_ADDRESS, startRig, until } from "./rig.ts";

test("a connection that policy does not allow is reset before a byte is read, and recorded with the reason", async (t) => {
  const rig = await startRig(t);
  const stranger = await rig.connect(STRANGER_ADDRESS);
  assert.equal(await ending(stranger), "ECONNRESET");
  const [record] = rig.records;
  assert.equal(record?.type, "Connection");
  assert.equal(record?.verdict, "Denied");
  assert.equal(record?.proto, "tcp");
  assert.deepEqual(record?.fields, { status: "no rule allows it" });
  assert.equal(rig.plane.counters.denied, 1);
  assert.equal(rig.upstreamSockets.length, 0, "the upstream never heard of it");
});

test("an endpoint without a policy lets nobody in", async (t) => {
  const rig = await startRig(t, { policy: policyOf("somebody else", ALLOWED) });
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  assert.match(rig.records[0]?.fields["status"] ?? "", /no policy is known/);
});

test("an endpoint that does not exist lets nobody in", async (t) => {
  const rig = await startRig(t, { endpoint: "gone" });
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  assert.deepEqual(rig.records[0]?.fields, { status: 'there is no endpoint "gone"' });
});

test("an egress listener speaks for its endpoint alone", async (t) => {
  const rig = await startRig(t, {
    endpoint: "client",
    direction: "egress",
    upstream: (socket) => socket.pipe(socket),
  });
  const client = await rig.connect();
  client.write("hello");
  assert.equal(String((await once(client, "data"))[0]), "hello");
  const stranger = await rig.connect(STRANGER_ADDRESS);
  assert.equal(await ending(stranger), "ECONNRESET");
  assert.deepEqual(rig.records.at(-1)?.fields, {
    status: `${STRANGER_ADDRESS} is no address of the endpoint "client"`,
  });
});

test("above the maximum connections are refused; below it they are taken again", async (t) => {
  const rig = await startRig(t, { plane: { limits: { connectionsMax: 2 } } });
  const first = await rig.connect();
  const second = await rig.connect();
  await until(() => rig.plane.counters.active === 2);
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  assert.equal(rig.plane.counters.refused, 1);
  await rig.recorded(({ fields }) => /2 connections already/.test(fields["status"] ?? ""));
  first.resetAndDestroy();
  await until(() => rig.plane.counters.active === 1);
  await rig.connect();
  await until(() => rig.plane.counters.active === 2);
  assert.equal(second.destroyed, false);
});

test("an upstream that refuses: the client is reset and the record says which upstream and why", async (t) => {
  const closed = await listen(() => undefined);
  const port = portOf(closed);
  closed.close();
  await once(closed, "close");
  const rig = await startRig(t, {
    plane: { connector: () => ({ socket: new Socket().connect({ host: "127.0.2.1", port }) }) },
  });
  const client = await rig.connect();
  client.write("never sent on");
  assert.equal(await ending(client), "ECONNRESET");
  const [record] = rig.records;
  assert.equal(record?.verdict, "Error");
  assert.equal(record?.type, "Connection");
  assert.match(record?.fields["status"] ?? "", /127\.0\.2\.1:\d+ cannot be reached: .*\(ECONNREFUSED\)/);
  assert.equal(rig.plane.counters.upstreamFailed, 1);
  assert.equal(rig.plane.counters.active, 0);
});

test("an upstream that does not answer in time: the client is reset", async (t) => {
  const silent = new Socket();
  const rig = await startRig(t, { plane: { connector: () => ({ socket: silent }), limits: { connectTimeoutMs: 20 } } });
  const client = await rig.connect();
  assert.equal(await ending(client), "ECONNRESET");
  assert.match(rig.records[0]?.fields["status"] ?? "", /no answer within 20 ms/);
  assert.ok(silent.destroyed);
});

test("what a client sends before the upstream is there arrives whole", async (t) => {
  const socket = new Socket({ allowHalfOpen: true });
  const rig = await startRig(t, {
    upstream: (upstream) => upstream.pipe(upstream),
    plane: { connector: () => ({ socket }) },
  });
  const client = await rig.connect();
  client.write("early");
  await until(() => rig.plane.counters.active === 1);
  socket.connect({ host: "127.0.2.1", port: rig.upstreamPort });
  assert.equal(String((await once(client, "data"))[0]), "early");
});

test("a parser that is not loaded: the client is reset and the record names it", async (t) => {
  const rig = await startRig(t, { policy: policyOf("server", l7("unheard-of")), extensions: [headerParser] });
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  const record = await rig.recorded(({ verdict }) => verdict === "Error");
  assert.match(record.fields["status"] ?? "", /unheard-of/);
});

test("a policy that changes while the upstream is being reached is the one that counts", async (t) => {
  const socket = new Socket({ allowHalfOpen: true });
  const rig = await startRig(t, { plane: { connector: () => ({ socket }) } });
  const client = await rig.connect();
  await until(() => rig.plane.counters.active === 1);
  await rig.plane.apply(policyOf("server", DENIED));
  assert.equal(await ending(client), "ECONNRESET");
  assert.ok(socket.destroyed);
  assert.equal(rig.records.at(-1)?.verdict, "Denied");
});

test("listeners that cannot be opened are told all at once, and none is left open", async (t) => {
  const rig = await startRig(t);
  const { EmbeddedDataPlane } = await import("../../src/datapath/embedded/embedded-data-plane.ts");
  const { parseSocketAddress, parseAddress } = await import("../../src/lib/ip/address.ts");
  const { PolicyMap } = await import("../../src/proxylib/policy-map.ts");
  const taken = rig.plane.status().listeners[0]?.listen ?? "";
  const upstream = { address: parseAddress("127.0.2.1")!, port: 1 as never };
  const redirect = (listenAt: string) => {
    const listen = parseSocketAddress(listenAt)!;
    return { listen, upstream, endpoint: "server", direction: "ingress" as const };
  };
  const plane = new EmbeddedDataPlane({
    redirects: [redirect(taken), redirect("192.0.2.1:0"), redirect("127.0.0.1:0")],
    identities: { ofAddress: () => assert.fail(), ofEndpoint: () => assert.fail() },
    opener: { open: () => assert.fail() },
    policies: new PolicyMap(),
    records: { record: () => undefined },
  });
  await assert.rejects(plane.start(), (error) => {
    assert.ok(error instanceof WeirError);
    assert.ok(error.message.includes(`${taken} (endpoint "server"): the address is in use`), error.message);
    assert.ok(error.message.includes('192.0.2.1:0 (endpoint "server"): no interface'), error.message);
    return true;
  });
  assert.deepEqual([plane.status().state, plane.status().listeners], ["stopped", []]);
});

test("status tells what is in force and what it cannot prevent", async (t) => {
  const rig = await startRig(t);
  const { state, listeners, warnings } = rig.plane.status();
  assert.equal(state, "running");
  assert.match(listeners[0]?.listen ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(listeners[0]?.upstream, `127.0.2.1:${rig.upstreamPort}`);
  assert.match(warnings.join("\n"), /goes around the policy of the endpoint "server"/);
  assert.ok(warnings[0]?.includes(`(listener ${listeners[0]?.listen})`), warnings[0]);
});
