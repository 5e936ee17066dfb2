// Connections whose requests are only observed, or audited; and the ways between that and enforcing.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { ConnectionVerdict } from "../../src/policy/endpoint-policy.ts";
import { constantMatcher } from "../../src/policy/request/constant-matcher.ts";
import { headerParser } from "../../src/proxylib/testing/parsers/header-parser.ts";
import { lineParser } from "../../src/proxylib/testing/parsers/line-parser.ts";
import {
  ALLOWED,
  AUDITED,
  DENIED,
  ending,
  l7,
  observed,
  policyOf,
  type Rig,
  readAll,
  startRig,
  until,
  writeUntilStuck,
} from "./rig.ts";

const echo = (socket: Socket): void => void socket.pipe(socket);
const HEADER = "test.headerparser";
const LINE = "test.lineparser";
const includes = (text: string) => (request: unknown) => (request as { contains: string }).contains.includes(text);

async function rigOf(t: Parameters<typeof startRig>[0], verdict: ConnectionVerdict): Promise<Rig> {
  return await startRig(t, {
    upstream: echo,
    extensions: [headerParser, lineParser],
    policy: policyOf("server", verdict),
  });
}

async function exchange(client: Socket, text: string): Promise<string> {
  client.write(text);
  return String((await once(client, "data"))[0]);
}

const shown = (rig: Rig): string[] =>
  rig.records.map(({ type, verdict, effect }) => `${type} ${verdict} ${effect ?? ""}`);

async function assertReset(rig: Rig, client: Socket, status: RegExp): Promise<void> {
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(rig.upstreamSockets[0]!), "ECONNRESET");
  const record = await rig.recorded(({ fields }) => status.test(fields["status"] ?? ""));
  assert.deepEqual([record.type, record.verdict], ["Connection", "Denied"]);
  assert.equal(rig.plane.counters.resetByPolicy, 1);
}

test("an observed connection passes whole, with a record of its own and one for each request", async (t) => {
  const rig = await rigOf(t, observed(HEADER, includes("ok")));
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok 1\n"), "ok 1\n");
  assert.equal(await exchange(client, "no 2\n"), "no 2\n");
  assert.deepEqual(shown(rig), ["Connection Forwarded ", "Request Forwarded ", "Request Audit missing"]);
  assert.deepEqual(
    rig.records.map(({ proto, policy }) => [proto, policy]),
    [
      [HEADER, "rule"],
      [HEADER, "rule"],
      [HEADER, "rule"],
    ],
  );
  const { observed: count, unread, denied } = rig.plane.counters;
  assert.deepEqual([count, unread, denied], [1, 0, 0]);
  client.end();
  assert.equal(String(await readAll(client)), "", "the end goes on to the server, and its end comes back");
});

test("bytes that the extension does not understand pass, and are counted and recorded once", async (t) => {
  const rig = await rigOf(t, observed(LINE));
  const client = await rig.connect();
  assert.equal(await exchange(client, "what?\n"), "what?\n");
  assert.equal(await exchange(client, "DROP 1\n"), "DROP 1\n");
  assert.deepEqual(shown(rig), ["Connection Forwarded ", "Connection Error "]);
  assert.match(rig.records[1]?.fields["status"] ?? "", /cannot be understood .*; the rest passes unread/);
  assert.equal(rig.plane.counters.unread, 1);
});

test("without the extension an observed connection passes unread; an enforced one is refused", async (t) => {
  const rig = await rigOf(t, observed("missing"));
  const client = await rig.connect();
  assert.equal(await exchange(client, "anything"), "anything");
  assert.equal(rig.plane.counters.unread, 1);
  assert.match(rig.records[1]?.fields["status"] ?? "", /no extension "missing" is loaded; the rest passes unread/);
  await rig.plane.apply(policyOf("server", l7("missing")));
  await assertReset(rig, client, /nobody has read what passed before/);
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
});

test("an observed connection has back-pressure from end to end", async (t) => {
  const rig = await startRig(t, {
    upstream: (socket) => socket.pause(),
    extensions: [lineParser],
    policy: policyOf("server", observed(LINE)),
  });
  const client = await rig.connect();
  const line = Buffer.from(`PASS ${"x".repeat(65_000)}\n`);
  const written = await writeUntilStuck(client, line);
  assert.ok(written < 32 * 1_048_576, `${written} bytes were taken`);
  await until(() => rig.upstreamSockets.length === 1);
  client.end();
  assert.equal((await readAll(rig.upstreamSockets[0]!)).length, written);
  assert.equal(rig.plane.counters.unread, 0);
});

test("from observing to enforcing: the next request is judged; and back", async (t) => {
  const rig = await rigOf(t, observed(HEADER, includes("ok")));
  const client = await rig.connect();
  assert.equal(await exchange(client, "no 1\n"), "no 1\n");
  await rig.plane.apply(policyOf("server", l7(HEADER, includes("ok"))));
  assert.equal(await exchange(client, "no 2\n"), "Line dropped: no 2\n");
  assert.equal(await exchange(client, "ok 3\n"), "ok 3\n");
  await rig.plane.apply(policyOf("server", observed(HEADER, includes("ok"))));
  assert.equal(await exchange(client, "no 4\n"), "no 4\n");
  await rig.plane.apply(policyOf("server", l7(HEADER, includes("ok"))));
  assert.equal(await exchange(client, "no 5\n"), "Line dropped: no 5\n");
  await rig.plane.apply(policyOf("server", ALLOWED));
  assert.equal(await exchange(client, "no 6\n"), "no 6\n");
  assert.equal(rig.plane.counters.resetByPolicy, 0);
  assert.deepEqual(shown(rig).slice(1), [
    "Request Audit missing",
    "Denied Denied ",
    "Request Forwarded ",
    "Request Audit missing",
    "Denied Denied ",
    "Request Forwarded ",
  ]);
});

test("an observed connection is reset where something passed that was not decided", async (t) => {
  const partial = await rigOf(t, observed(HEADER));
  const client = await partial.connect();
  assert.equal(await exchange(client, "the beginning of a requ"), "the beginning of a requ");
  await partial.plane.apply(policyOf("server", l7(HEADER)));
  await assertReset(partial, client, /judged by "test.headerparser" now, but a part of a request .* had passed/);

  const unread = await rigOf(t, observed(LINE));
  const other = await unread.connect();
  assert.equal(await exchange(other, "what?\n"), "what?\n");
  await unread.plane.apply(policyOf("server", l7(LINE)));
  await assertReset(unread, other, /judged by "test.lineparser" now, but its bytes were not understood/);
});

test("an observed connection that another extension is to judge is reset", async (t) => {
  const rig = await rigOf(t, observed(HEADER));
  const client = await rig.connect();
  assert.equal(await exchange(client, "a\n"), "a\n");
  await rig.plane.apply(policyOf("server", l7(LINE)));
  await assertReset(rig, client, /judged by "test.lineparser" now, not by "test.headerparser"/);
});

test("an open connection without an extension stays when its port is observed", async (t) => {
  const rig = await rigOf(t, ALLOWED);
  const client = await rig.connect();
  assert.equal(await exchange(client, "a\n"), "a\n");
  await rig.plane.apply(policyOf("server", observed(HEADER)));
  assert.equal(await exchange(client, "b\n"), "b\n");
  assert.equal(rig.plane.counters.resetByPolicy, 0);
  assert.deepEqual(shown(rig), ["Connection Forwarded "]);
});

for (const [name, verdict] of [
  ["allowed as a whole", ALLOWED],
  ["observed", observed(LINE)],
  ["observed by another extension", observed(HEADER)],
] as const) {
  test(`an enforced connection that is ${name} from now on stays, and everything passes`, async (t) => {
    const rig = await rigOf(t, l7(LINE));
    const client = await rig.connect();
    assert.equal(await exchange(client, "PASS 1\n"), "PASS 1\n");
    await rig.plane.apply(policyOf("server", verdict));
    assert.equal(await exchange(client, "what?\n"), "what?\n");
    assert.equal(await exchange(client, "DROP 2\n"), "DROP 2\n");
    assert.equal(rig.plane.counters.unread, 1);
    assert.equal(rig.records.at(-1)?.verdict, "Error");
    await rig.plane.apply(policyOf("server", l7(LINE)));
    await assertReset(rig, client, /but its bytes were not understood/);
  });
}

test("a connection that audit lets in says so, and says it of an open one when audit begins", async (t) => {
  const rig = await rigOf(t, AUDITED);
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  assert.equal(rig.plane.counters.audited, 1);
  assert.deepEqual(shown(rig), ["Connection Audit missing"]);
  assert.deepEqual(rig.records[0]?.fields, { status: "no rule allows it" });
  await rig.plane.apply(policyOf("server", AUDITED));
  assert.equal(rig.records.length, 1, "it is on record already");
  await rig.plane.apply(policyOf("server", ALLOWED));
  await rig.plane.apply(policyOf("server", AUDITED));
  assert.deepEqual(shown(rig), ["Connection Audit missing", "Connection Audit missing"]);
  assert.deepEqual(rig.records[1]?.fields, { status: "the policy has changed: no rule allows it" });
  assert.equal(await exchange(client, "b"), "b");
});

test("an observed connection that audit lets in says so, and so do its requests", async (t) => {
  const missing = { policy: "rule", rule: "spec.ingress", labels: [], effect: "missing" } as const;
  const audited: ConnectionVerdict = {
    kind: "l7",
    parser: HEADER,
    origin: missing,
    mode: "observe",
    audit: "no rule allows it",
    matcher: constantMatcher({ allowed: true, audited: true, origin: missing }),
  };
  const rig = await rigOf(t, audited);
  const client = await rig.connect();
  assert.equal(await exchange(client, "a\n"), "a\n");
  assert.deepEqual(shown(rig), ["Connection Audit missing", "Request Audit missing"]);
  assert.deepEqual(rig.records[0]?.fields, { status: "no rule allows it" });
  assert.deepEqual([rig.plane.counters.observed, rig.plane.counters.audited], [1, 1]);
  await rig.plane.apply(policyOf("server", { ...audited, parser: LINE }));
  assert.equal(await exchange(client, "b\n"), "b\n");
  assert.equal(shown(rig).at(-1), "Request Audit missing", "also under an extension that is not asked any more");
});

test("requests of a connection under an extension are audited where the connection is", async (t) => {
  const rig = await rigOf(t, l7(HEADER, includes("ok")));
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok\n"), "ok\n");
  await rig.plane.apply(policyOf("server", AUDITED));
  assert.equal(await exchange(client, "no\n"), "no\n");
  assert.deepEqual(shown(rig), ["Request Forwarded ", "Connection Audit missing", "Request Audit missing"]);
});

test("a denial names the rule that denies", async (t) => {
  const origin = { policy: "wall", rule: "spec.ingressDeny[0]", labels: [], effect: "deny" } as const;
  const denied: ConnectionVerdict = { kind: "denied", reason: "a rule denies it", origin };
  const rig = await rigOf(t, ALLOWED);
  const client = await rig.connect();
  assert.equal(await exchange(client, "a"), "a");
  await rig.plane.apply(policyOf("server", denied));
  assert.equal(await ending(client), "ECONNRESET");
  assert.equal(await ending(await rig.connect()), "ECONNRESET");
  assert.deepEqual(
    rig.records.slice(1).map(({ verdict, policy, effect, fields }) => [verdict, policy, effect, fields["status"]]),
    [
      ["Denied", "wall", "deny", "the policy has changed: a rule denies it"],
      ["Denied", "wall", "deny", "a rule denies it"],
    ],
  );
  await rig.plane.apply(policyOf("server", DENIED));
});

test("requests under an extension that is not asked any more are on record as passed", async (t) => {
  const rig = await rigOf(t, l7(HEADER, includes("ok")));
  const client = await rig.connect();
  assert.equal(await exchange(client, "ok\n"), "ok\n");
  await rig.plane.apply(policyOf("server", observed(LINE)));
  assert.equal(await exchange(client, "no\n"), "no\n");
  assert.deepEqual(shown(rig), ["Request Forwarded ", "Request Forwarded "]);
});
