import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { headerParser } from "../../src/proxylib/testing/parsers/header-parser.ts";
import { lineParser } from "../../src/proxylib/testing/parsers/line-parser.ts";
import { ALLOWED, DENIED, ending, l7, policyOf, type Rig, startRig, until } from "./rig.ts";

const echo = (socket: Socket): void => void socket.pipe(socket);
const EXTENSIONS = [headerParser, lineParser];
const HEADER = "test.headerparser";

const allowing = (text: string) => l7(HEADER, (request) => (request as { contains: string }).contains.includes(text));

async function exchange(client: Socket, text: string): Promise<string> {
  client.write(text);
  return String((await once(client, "data"))[0]);
}

async function assertReset(rig: Rig, client: Socket, status: RegExp): Promise<void> {
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
  const record = await rig.recorded(({ fields }) => status.test(fields["status"] ?? ""));
  assert.deepEqual([record.type, record.verdict], ["Connection", "Denied"]);
  assert.equal(rig.plane.counters.resetByPolicy, 1);
  await until(() => rig.plane.counters.active === 0);
}

test("a spliced connection goes on when policy still allows it", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  const acknowledgement = await rig.plane.apply(policyOf("server", ALLOWED));
  assert.ok(acknowledgement.accepted);
  await rig.plane.apply(policyOf("somebody else", DENIED));
  assert.equal(await exchange(client, "b"), "b");
});

test("a spliced connection that becomes denied is reset and recorded", async (t) => {
  const rig = await startRig(t, { upstream: echo });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  await rig.plane.apply(policyOf("server", DENIED));
  await assertReset(rig, client, /policy has changed: no rule allows it/);
});

test("a spliced connection whose requests are to be judged from now on is reset and recorded", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: EXTENSIONS });
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  await rig.plane.apply(policyOf("server", l7(HEADER)));
  await assertReset(rig, client, /to be judged by "test.headerparser" now/);
});

test("requests are judged, denied ones answered in the server's place", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: EXTENSIONS, policy: policyOf("server", allowing("ok")) });
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok 1\n"), "ok 1\n");
  assert.equal(await exchange(client, "no\n"), "Line dropped: no\n");
  assert.deepEqual(
    rig.records.map(({ type, proto, verdict }) => [type, proto, verdict]),
    [
      ["Request", HEADER, "Forwarded"],
      ["Denied", HEADER, "Denied"],
    ],
  );
});

test("under the same parser new rules count from the next request on", async (t) => {
  const rig = await startRig(t, {
    upstream: echo,
    extensions: EXTENSIONS,
    policy: policyOf("server", allowing("old")),
  });
  const client = await rig.connect();
  assert.equal(await exchange(client, "old\n"), "old\n");
  await rig.plane.apply(policyOf("server", allowing("new")));
  assert.equal(await exchange(client, "old\n"), "Line dropped: old\n");
  assert.equal(await exchange(client, "new\n"), "new\n");
  await rig.plane.apply(policyOf("server", ALLOWED));
  assert.equal(await exchange(client, "old\n"), "old\n");
});

test("a connection under a parser that becomes denied is reset and recorded", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: EXTENSIONS, policy: policyOf("server", allowing("ok")) });
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok\n"), "ok\n");
  await rig.plane.apply(policyOf("server", DENIED));
  await assertReset(rig, client, /policy has changed: no rule allows it/);
});

test("a connection whose parser changes is reset and recorded", async (t) => {
  const rig = await startRig(t, { upstream: echo, extensions: EXTENSIONS, policy: policyOf("server", allowing("ok")) });
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok\n"), "ok\n");
  await rig.plane.apply(policyOf("server", l7("test.lineparser")));
  await assertReset(rig, client, /judged by "test.lineparser" now, not by "test.headerparser"/);
});

test("a change reaches more connections than one turn of the event loop judges", async (t) => {
  const rig = await startRig(t);
  const clients: Socket[] = [];
  for (let i = 0; i < 300; i++) clients.push(await rig.connect());
  await until(() => rig.plane.counters.opened === 300);
  await rig.plane.apply(policyOf("server", DENIED));
  assert.equal(rig.plane.counters.resetByPolicy, 300);
  for (const client of clients) assert.equal(await ending(client), "ECONNRESET");
});
