// What memcached does with what the parser forwards, against what policy allows: the one test that would notice if the
// two read the same bytes differently.
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import fc from "fast-check";
import { cuts } from "../../src/proxylib/testing/index.ts";
import { type Memcached, memcachedOrSkip } from "../support/memcached.ts";
import { packet, response } from "./binary-packet.ts";
import {
  binaryRequest,
  classicRequest,
  craftedWrite,
  type GeneratedRequest,
  MARKER_KEYS,
  type Mutation,
  mutate,
  mutation,
  OWN_KEYS,
  READ_ONLY_KEYS,
  RULES,
  SECRET,
  textRequest,
} from "./generated-request.ts";
import { DirectConnection, throughParser } from "./real-exchange.ts";

const TEXT_END = { bytes: "mg ok-none k Oend\r\n", reply: "EN kok-none Oend\r\n" };
const BINARY_END = { bytes: packet(0x0a, { opaque: 0xfedcba98 }), reply: response(0x0a, { opaque: 0xfedcba98 }) };

type Ending = typeof TEXT_END;

/** A server with its markers, and a connection past the parser. */
class World {
  readonly direct: DirectConnection;
  readonly port: number;

  private constructor(port: number, direct: DirectConnection) {
    this.port = port;
    this.direct = direct;
  }

  static async open(t: TestContext, server: Memcached): Promise<World> {
    const direct = await DirectConnection.open(server.port);
    t.after(() => direct.close());
    return new World(server.port, direct);
  }

  /** The same state for every run; @returns the markers with their cas values, which change with every write. */
  async reset(): Promise<string> {
    const deletes = OWN_KEYS.map((key) => `delete ${key} noreply\r\n`).join("");
    const sets = MARKER_KEYS.map((key, index) => `set ${key} 0 0 7 noreply\r\n${SECRET}${index}\r\n`).join("");
    const readable = "set ro-1 0 0 8 noreply\r\nreadable\r\ndelete ro-none noreply\r\n";
    await this.direct.ask(
      `${deletes}${readable}set ok-1 0 0 1 noreply\r\n5\r\n${sets}${TEXT_END.bytes}`,
      TEXT_END.reply,
    );
    return this.markers();
  }

  markers(): Promise<string> {
    // t: a changed expiry; c: any write; k: a missing one answers with its key.
    const gets = [...MARKER_KEYS, ...READ_ONLY_KEYS].map((key) => `mg ${key} k v t c\r\n`).join("");
    return this.direct.ask(gets + TEXT_END.bytes, TEXT_END.reply);
  }
}

/** What one request at a time gets from a server of its own. */
async function expectedReplies(oracle: World, requests: readonly GeneratedRequest[], end: Ending): Promise<string> {
  await oracle.reset();
  const connection = await DirectConnection.open(oracle.port);
  try {
    let expected = "";
    for (const request of requests) {
      if (!request.allowed) expected += request.denial;
      else expected += (await connection.ask(request.bytes + end.bytes, end.reply)).slice(0, -end.reply.length);
    }
    return expected + end.reply;
  } finally {
    connection.close();
  }
}

function pieces(bytes: string, seed: number): readonly Buffer[] {
  const all = cuts(bytes, seed, 2);
  // Whole, or cut at random; byte by byte takes too long here and is what the tables do.
  return (all[seed % 3 === 0 ? 0 : 2] as (typeof all)[number]).pieces;
}

async function worlds(t: TestContext): Promise<readonly [World, World] | undefined> {
  const server = await memcachedOrSkip(t);
  const oracle = await memcachedOrSkip(t);
  if (server === undefined || oracle === undefined) return undefined;
  return [await World.open(t, server), await World.open(t, oracle)];
}

const PROTOCOLS: readonly (readonly [string, fc.Arbitrary<GeneratedRequest>, Ending])[] = [
  ["classic text", classicRequest, TEXT_END],
  ["text with meta", textRequest, TEXT_END],
  ["binary", binaryRequest, BINARY_END],
];

for (const [name, request, end] of PROTOCOLS) {
  it(`${name}: each request gets its one answer, in order, and markers stay untouched`, async (t) => {
    const both = await worlds(t);
    if (both === undefined) return;
    const [server, oracle] = both;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), fc.nat(), async (requests, seed) => {
        const before = await server.reset();
        const bytes = requests.map((one) => one.bytes).join("") + end.bytes;
        const outcome = await throughParser(server.port, RULES, pieces(bytes, seed), end.reply);
        assert.equal(outcome.closeReason, undefined);
        assert.equal(outcome.toClient, await expectedReplies(oracle, requests, end));
        assert.equal(await server.markers(), before);
      }),
      { numRuns: 60 },
    );
  });

  it(`${name}: mutated streams touch no marker and read none`, async (t) => {
    const server = await memcachedOrSkip(t);
    if (server === undefined) return;
    const world = await World.open(t, server);
    const stream = fc.tuple(
      fc.array(name === "binary" ? request : fc.oneof(request, craftedWrite), { minLength: 1, maxLength: 8 }),
      fc.array(mutation, { maxLength: 4 }),
      fc.nat(),
    );
    await fc.assert(
      fc.asyncProperty(stream, async ([requests, mutations, seed]) => {
        const before = await world.reset();
        const whole = requests.map((one) => one.bytes).join("");
        const bytes = mutations.reduce((so_far: string, one: Mutation) => mutate(so_far, one), whole);
        const outcome = await throughParser(world.port, RULES, pieces(bytes, seed), undefined);
        assert.ok(!outcome.toClient.includes(SECRET), `the client read a marker: ${JSON.stringify(outcome.toClient)}`);
        assert.equal(await world.markers(), before);
      }),
      { numRuns: 250 },
    );
  });
}
