// Thousands of pipelined requests, cut and delayed at random, through the real data plane to a real memcached: every byte
// that comes back is compared, and what the server holds. Clients read late, the server stands still, policy is replaced
// meanwhile: so sockets are congested both ways and memory is used again while it could still be waited for.
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import fc from "fast-check";
import type { Port } from "../../src/api/identity.ts";
import { connectTcp } from "../../src/datapath/embedded/connect.ts";
import { parseAddress } from "../../src/lib/ip/address.ts";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import type { ConnectionVerdict } from "../../src/policy/endpoint-policy.ts";
import { compileRequestMatcher } from "../../src/policy/request/compile.ts";
import { policyOf, type Rig, startRig, until } from "../embedded/rig.ts";
import { type Memcached, memcachedOrSkip } from "../support/memcached.ts";
import { packet } from "./binary-packet.ts";
import { BINARY_END, type Ending, expectedReplies } from "./expected-replies.ts";
import {
  binaryRequest,
  classicRequest,
  craftedWrite,
  type GeneratedRequest,
  mutate,
  mutation,
  OWN_KEYS,
  RULES,
  SECRET,
  textRequest,
} from "./generated-request.ts";
import { MarkedServer, TEXT_END } from "./marked-server.ts";
import { type Heard, type Manner, talk } from "./relayed-talk.ts";

/** For each protocol. */
const PIPELINES = 5;
const MUTATIONS = 120;
/** Enough for all that a pipeline stores: nothing is evicted by chance. */
const MEMORY = ["-m", "1024"];

const ORIGIN = { policy: "rule", rule: "l7", labels: [] };

function verdictOf(rules: readonly Record<string, string>[]): ConnectionVerdict {
  const matcher = compileRequestMatcher(
    memcache,
    rules.map((fields) => ({ fields, origin: ORIGIN })),
  );
  return { kind: "l7", parser: memcache.name, origin: ORIGIN, matcher, mode: "enforce" };
}

const VERDICT = verdictOf(RULES);

interface World {
  readonly rig: Rig;
  readonly memcached: Memcached;
  readonly server: MarkedServer;
}

async function world(t: TestContext, verdict = VERDICT): Promise<World | undefined> {
  const memcached = await memcachedOrSkip(t, { options: MEMORY });
  if (memcached === undefined) return undefined;
  const address = parseAddress("127.0.0.1")!;
  const rig = await startRig(t, {
    policy: policyOf("server", verdict),
    extensions: [memcache],
    plane: { connector: () => connectTcp({ address, port: memcached.port as Port }) },
  });
  return { rig, memcached, server: await MarkedServer.open(t, memcached) };
}

/** No two places of it look alike: a byte that came from elsewhere is seen. */
function largeValue(length: number, seed: number): string {
  let text = "";
  for (let count = 0; text.length < length; count++) text += `${seed}.${count} `;
  return text.slice(0, length);
}

const size = fc.constantFrom(8_150, 8_192, 50_000, 65_536, 250_000);
const OWN_KEY = fc.constantFrom(...OWN_KEYS);
const large = fc.tuple(OWN_KEY, size, fc.nat({ max: 999 }));
const largeText: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  large.map(([key, length, seed]) => ({
    bytes: `set ${key} 0 0 ${length}\r\n${largeValue(length, seed)}\r\n`,
    allowed: true,
    denial: "",
  })),
  large.map(([, length, seed]) => ({
    bytes: `set no-1 0 0 ${length}\r\n${largeValue(length, seed)}\r\n`,
    allowed: false,
    denial: "CLIENT_ERROR access denied\r\n",
  })),
  ...[1, 2].map(() => fc.constant({ bytes: `get ${OWN_KEYS.join(" ")}\r\n`, allowed: true, denial: "" })),
);
const largeBinary: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  large.map(([key, length, seed]) => ({
    bytes: packet(0x01, { extras: "\0".repeat(8), key, value: largeValue(length, seed) }),
    allowed: true,
    denial: "",
  })),
  fc.constant({ bytes: OWN_KEYS.map((key) => packet(0x00, { key })).join(""), allowed: true, denial: "" }),
);

const manner: fc.Arbitrary<Manner> = fc.record({
  seed: fc.nat(),
  reads: fc.constantFrom("eager", "late", "jerky"),
  pieceMax: fc.constantFrom(40, 5_000, 100_000),
  serverStops: fc.boolean(),
});

/** Until nothing moves any more: the client does not read, the server stands still. */
const FULL: Manner = { seed: 0, reads: "late", pieceMax: 100_000, serverStops: true };

type Protocol = readonly [string, fc.Arbitrary<GeneratedRequest>, fc.Arbitrary<GeneratedRequest>, Ending];
const PROTOCOLS: readonly Protocol[] = [
  ["classic text", classicRequest, largeText, TEXT_END],
  ["text with meta", textRequest, largeText, TEXT_END],
  ["binary", binaryRequest, largeBinary, BINARY_END],
];

for (const [name, small, largeOnes, end] of PROTOCOLS) {
  it(`${name}: a pipeline of thousands gets exactly what one request at a time gets`, async (t) => {
    const { rig, memcached, server } = (await world(t)) ?? {};
    const oracle = await memcachedOrSkip(t, { options: MEMORY });
    if (rig === undefined || memcached === undefined || server === undefined || oracle === undefined) return;
    const ideal = await MarkedServer.open(t, oracle);
    const run = async (pipeline: readonly GeneratedRequest[], how: Manner): Promise<void> => {
      const before = await server.reset();
      const expected = await expectedReplies(ideal, pipeline, end);
      const bytes = Buffer.from(pipeline.map((one) => one.bytes).join("") + end.bytes, "latin1");
      const client = await rig.connect();
      // The same policy again, while requests are under way: nothing may change by it.
      const replace = (): void => void rig.plane.apply(policyOf("server", VERDICT));
      const heard = await talk(client, memcached.process, bytes, expected.length, how, replace);
      client.destroy();
      assert.equal(differenceOf(heard, expected), undefined);
      assert.equal(await server.markers(), before);
      await until(() => rig.plane.counters.active === 0);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(small, { minLength: 2_000, maxLength: 3_000, size: "max" }), manner, run),
      { numRuns: PIPELINES, endOnFailure: true },
    );
    // More than fits between client and server: sockets are congested both ways.
    const congesting = fc.array(fc.oneof(small, largeOnes, largeOnes), {
      minLength: 150,
      maxLength: 200,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(congesting, fc.nat(), (pipeline, seed) => run(pipeline, { ...FULL, seed })),
      { numRuns: PIPELINES, endOnFailure: true },
    );
  });

  it(`${name}: mutated streams touch no marker and read none, and every connection ends`, async (t) => {
    const { rig, memcached, server } = (await world(t)) ?? {};
    if (rig === undefined || memcached === undefined || server === undefined) return;
    const request = name === "binary" ? small : fc.oneof(small, craftedWrite);
    const stream = fc.tuple(
      fc.array(request, { minLength: 1, maxLength: 8 }),
      fc.array(mutation, { maxLength: 4 }),
      manner,
    );
    await fc.assert(
      fc.asyncProperty(stream, async ([requests, mutations, how]) => {
        const before = await server.reset();
        const whole = requests.map((one) => one.bytes).join("");
        const bytes = Buffer.from(mutations.reduce(mutate, whole), "latin1");
        const client = await rig.connect();
        const heard = await talk(client, memcached.process, bytes, undefined, { ...how, serverStops: false });
        assert.ok(!heard.text.includes(SECRET), `the client read a marker: ${JSON.stringify(heard.text)}`);
        await until(() => rig.plane.counters.active === 0);
        assert.equal(await server.markers(), before);
      }),
      { numRuns: MUTATIONS },
    );
  });
}

it("a first value of 2 MB and 100,000 requests behind it wait for the server, and all have their reply", async (t) => {
  const { rig, memcached } = (await world(t)) ?? {};
  if (rig === undefined || memcached === undefined) return;
  const gets = 100_000;
  const first = `add ok-1 0 0 2000000\r\n${"x".repeat(2_000_000)}\r\n`;
  const bytes = Buffer.from(`${first}${"get ok-1\r\n".repeat(gets)}`);
  const expected = `SERVER_ERROR object too large for cache\r\n${"END\r\n".repeat(gets)}`;
  const client = await rig.connect();
  memcached.process.kill("SIGSTOP");
  client.write(bytes);
  // What does not fit waits with the client.
  await settled(() => client.bytesWritten - client.writableLength);
  memcached.process.kill("SIGCONT");
  const manner: Manner = { ...FULL, reads: "eager", serverStops: false };
  const heard = await talk(client, memcached.process, Buffer.alloc(0), expected.length, manner);
  assert.equal(differenceOf(heard, expected), undefined);
});

it("an ms that may only add deletes nothing, however large its value is", async (t) => {
  const { rig, memcached, server } = (await world(t, verdictOf([{ command: "add" }, { command: "noop" }]))) ?? {};
  if (rig === undefined || memcached === undefined || server === undefined) return;
  const before = await server.reset();
  const bytes = Buffer.from(`ms no-1 2000000 ME\r\n${"x".repeat(2_000_000)}\r\nmn\r\n`);
  const expected = "CLIENT_ERROR access denied\r\nMN\r\n";
  const manner: Manner = { ...FULL, reads: "eager", serverStops: false };
  const heard = await talk(await rig.connect(), memcached.process, bytes, expected.length, manner);
  assert.equal(heard.text, expected);
  assert.equal(await server.markers(), before);
});

/** Resolves when a number has not changed for many turns of the event loop. */
async function settled(value: () => number): Promise<void> {
  for (let last = value(), turns = 0; turns < 500; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() !== last) turns = 0;
    last = value();
  }
}

/** Where two texts of megabytes differ; undefined: nowhere. */
function differenceOf({ text: actual, closed }: Heard, expected: string): string | undefined {
  if (actual === expected) return undefined;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const part = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 120));
  return `at ${at} of ${expected.length} (${actual.length} came${closed ? ", then the end" : ""}): ${part(actual)} instead of ${part(expected)}`;
}
