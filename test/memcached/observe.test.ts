// Watch first, then enforce: a real memcached behind the real data plane.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { it, type TestContext } from "node:test";
import fc from "fast-check";
import type { Port } from "../../src/api/identity.ts";
import { connectTcp } from "../../src/datapath/embedded/connect.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import { r2d2 } from "../../src/parsers/r2d2/parser.ts";
import type { ConnectionVerdict } from "../../src/policy/endpoint-policy.ts";
import { auditedMatcher } from "../../src/policy/request/audited-matcher.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";
import { cuts, ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { ending, policyOf, type Rig, startRig, until } from "../embedded/rig.ts";
import { type Memcached, memcachedOrSkip } from "../support/memcached.ts";
import { packet, response } from "./binary-packet.ts";
import { binaryRequest, mutate, mutation, textRequest } from "./generated-request.ts";
import { type Manner, talk } from "./relayed-talk.ts";

const ORIGIN = { policy: "cache", rule: "spec.ingress[0]", labels: [] };
const READ_ONLY = [{ command: "get" }, { command: "noop" }, { command: "version" }];
const EAGER: Manner = { seed: 1, reads: "eager", pieceMax: 5_000, serverStops: false };

function verdictOf(mode: "enforce" | "audit" | "observe"): ConnectionVerdict {
  const rules = READ_ONLY.map((fields) => ({ fields, origin: ORIGIN }));
  const matcher = compileRequestMatcher(memcache, rules);
  return {
    kind: "l7",
    parser: memcache.name,
    origin: ORIGIN,
    matcher: mode === "enforce" ? matcher : auditedMatcher(undefined, matcher, { ...ORIGIN, effect: "missing" }),
    mode: mode === "observe" ? "observe" : "enforce",
  };
}

async function world(t: TestContext, mode: "enforce" | "audit" | "observe") {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return undefined;
  const address = parseAddress("127.0.0.1")!;
  const rig = await startRig(t, {
    policy: policyOf("server", verdictOf(mode)),
    extensions: [memcache],
    plane: { connector: () => connectTcp({ address, port: memcached.port as Port }) },
  });
  const client = await rig.connect();
  const ask = async (bytes: string, expected: string): Promise<void> => {
    const heard = await talk(client, memcached.process, Buffer.from(bytes, "latin1"), expected.length, EAGER);
    assert.equal(heard.text, expected);
  };
  return { rig, client, ask, memcached };
}

const shown = (rig: Rig): string[] =>
  rig.records.map(({ type, verdict, fields }) => `${type} ${verdict} ${fields["command"] ?? fields["status"] ?? ""}`);

for (const mode of ["observe", "audit"] as const) {
  it(`${mode}: what would be denied passes and says so; once enforced, it is denied`, async (t) => {
    const { rig, ask } = (await world(t, mode)) ?? {};
    if (rig === undefined || ask === undefined) return;
    await ask("get a\r\n", "END\r\n");
    await ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
    await ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
    await rig.plane.apply(policyOf("server", verdictOf("enforce")));
    await ask("set a 0 0 1\r\ny\r\n", "CLIENT_ERROR access denied\r\n");
    await ask("get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n");
    await rig.plane.apply(policyOf("server", verdictOf(mode)));
    await ask("set a 0 0 1\r\nz\r\n", "STORED\r\n");
    const requests = [
      "Request Forwarded get",
      "Request Audit set",
      "Request Forwarded get",
      "Denied Denied set",
      "Request Forwarded get",
      "Request Audit set",
    ];
    assert.deepEqual(shown(rig), mode === "observe" ? ["Connection Forwarded ", ...requests] : requests);
    assert.equal(rig.records.find(({ verdict }) => verdict === "Audit")?.effect, "missing");
    assert.equal(rig.plane.counters.resetByPolicy, 0);
  });
}

it("observe: what memcached takes and weir does not passes unread; such a connection is reset when it is enforced", async (t) => {
  const { rig, ask, client } = (await world(t, "observe")) ?? {};
  if (rig === undefined || ask === undefined || client === undefined) return;
  // A line's end that is none in weir's grammar.
  await ask("get a\n", "END\r\n");
  await ask("set a 0 0 1\r\nx\r\n", "STORED\r\n");
  assert.deepEqual(shown(rig), [
    "Connection Forwarded ",
    "Connection Error a line ends in LF without CR; the rest passes unread",
  ]);
  await rig.plane.apply(policyOf("server", verdictOf("enforce")));
  assert.equal(await ending(client), "ECONNRESET");
  assert.match(rig.records.at(-1)?.fields["status"] ?? "", /but its bytes were not understood, and passed/);
});

it("observe: nothing is asked of the server, and what it has not proven keeps a connection from being enforced", async (t) => {
  const { rig, ask, client } = (await world(t, "observe")) ?? {};
  if (rig === undefined || ask === undefined || client === undefined) return;
  await ask("add a 0 0 1\r\nx\r\nms b 1\r\ny\r\n", "STORED\r\nHD\r\n");
  await ask("ms b 1\r\nz\r\n", "HD\r\n");
  assert.deepEqual(
    rig.records.slice(1).map(({ fields }) => fields["status"]?.split(":")[0]),
    ["not inspected", "not inspected", "not inspected"],
  );
  await rig.plane.apply(policyOf("server", verdictOf("enforce")));
  assert.equal(await ending(client), "ECONNRESET");
  assert.match(rig.records.at(-1)?.fields["status"] ?? "", /not sure how the server reads it/);
});

it("observe: binary connections are read without a probe", async (t) => {
  const { rig, ask } = (await world(t, "observe")) ?? {};
  if (rig === undefined || ask === undefined) return;
  await ask(packet(0x0a), response(0x0a));
  await ask(packet(0x0a, { opaque: 7 }), response(0x0a, { opaque: 7 }));
  assert.deepEqual(
    rig.records.slice(1).map(({ fields }) => [fields["command"], fields["status"] === undefined]),
    [
      ["noop", false],
      ["noop", true],
    ],
  );
});

it("observe: whatever a client sends, memcached gets it, and the client its answer, as if nobody were between", async (t) => {
  const { rig, memcached } = (await world(t, "observe")) ?? {};
  if (rig === undefined || memcached === undefined) return;
  const stream = fc.tuple(
    fc.array(fc.oneof(textRequest, binaryRequest), { minLength: 1, maxLength: 8 }),
    fc.array(mutation, { maxLength: 3 }),
    fc.nat(),
  );
  const direct = await memcachedOrSkip(t);
  if (direct === undefined) return;
  const plain = await startRig(t, {
    plane: { connector: () => connectTcp({ address: parseAddress("127.0.0.1")!, port: direct.port as Port }) },
  });
  await fc.assert(
    fc.asyncProperty(stream, async ([requests, mutations, seed]) => {
      // Times and counters differ between any two servers.
      const bytes = mutations.reduce(mutate, requests.map((one) => one.bytes).join(""));
      fc.pre(!/stats|\x10|watch|slabs|lru|shutdown|misbehave|cache_mem|me |mg /.test(bytes));
      const heard: string[] = [];
      for (const [one, server] of [
        [rig, memcached],
        [plain, direct],
      ] as const) {
        await empty(t, server);
        const client = await one.connect();
        heard.push(
          (await talk(client, server.process, Buffer.from(bytes, "latin1"), undefined, { ...EAGER, seed })).text,
        );
        await until(() => one.plane.counters.active <= (one === rig ? 1 : 0));
      }
      assert.equal(heard[0], heard[1]);
    }),
    { numRuns: 60 },
  );
  assert.equal(rig.plane.counters.denied + rig.plane.counters.resetByPolicy, 0);
});

/** Takes everything out of a server. */
async function empty(t: TestContext, server: Memcached): Promise<void> {
  const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
  t.after(() => socket.destroy());
  socket.write("flush_all\r\n");
  await once(socket, "data");
  socket.destroy();
}

it("observe: the parsers themselves change nothing, however the bytes are cut", () => {
  for (const [extension, l7, sent, answered] of [
    [
      memcache,
      READ_ONLY,
      "add a 0 0 1\r\nx\r\nget a\r\nmn\r\nbogus\r\nget b\r\n",
      "STORED\r\nEND\r\nMN\r\nERROR\r\nEND\r\n",
    ],
    [
      memcache,
      READ_ONLY,
      packet(0x11, { extras: "\0".repeat(8), key: "a" }) + packet(0x1b) + packet(0x0a),
      response(0x0a),
    ],
    [r2d2, [{ cmd: "READ" }], "READ a\r\nWRITE b\r\nHALT\r\n", "OK\r\nOK\r\nOK\r\n"],
  ] as const) {
    for (const cut of cuts(sent)) {
      const connection = new ScriptedConnection(extension, { mode: "observe", l7 });
      for (const piece of cut.pieces) connection.fromClient(piece);
      for (const { pieces } of cuts(answered).slice(0, 2)) for (const piece of pieces) connection.fromServer(piece);
      assert.equal(connection.takeToServer(), sent, cut.name);
      assert.equal(connection.takeToClient(), answered + answered, cut.name);
      assert.equal(connection.count("Denied"), 0);
      const interferences = connection.records.filter(({ fields }) => /drop or inject/.test(fields["status"] ?? ""));
      assert.equal(interferences.length, 0, "they do not even try");
    }
  }
});
