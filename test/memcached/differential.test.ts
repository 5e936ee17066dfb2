// What memcached does with what the parser forwards, against what policy allows: the one test that would notice if the
// two read the same bytes differently.
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import fc from "fast-check";
import { cuts } from "../../src/proxylib/testing/index.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { BINARY_END, type Ending, expectedReplies } from "./expected-replies.ts";
import {
  binaryRequest,
  classicRequest,
  craftedWrite,
  type GeneratedRequest,
  type Mutation,
  mutate,
  mutation,
  RULES,
  SECRET,
  textRequest,
} from "./generated-request.ts";
import { MarkedServer, TEXT_END } from "./marked-server.ts";
import { throughParser } from "./real-exchange.ts";

function pieces(bytes: string, seed: number): readonly Buffer[] {
  const all = cuts(bytes, seed, 2);
  // Whole, or cut at random; byte by byte takes too long here and is what the tables do.
  return (all[seed % 3 === 0 ? 0 : 2] as (typeof all)[number]).pieces;
}

async function worlds(t: TestContext): Promise<readonly [MarkedServer, MarkedServer] | undefined> {
  const server = await memcachedOrSkip(t);
  const oracle = await memcachedOrSkip(t);
  if (server === undefined || oracle === undefined) return undefined;
  return [await MarkedServer.open(t, server), await MarkedServer.open(t, oracle)];
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
      { numRuns: 100 },
    );
  });

  it(`${name}: mutated streams touch no marker and read none`, async (t) => {
    const server = await memcachedOrSkip(t);
    if (server === undefined) return;
    const world = await MarkedServer.open(t, server);
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
      { numRuns: 800 },
    );
  });
}
