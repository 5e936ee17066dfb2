// Without a server: what must hold for every stream of bytes, however it is cut.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { packet, response } from "./binary-packet.ts";
import { binaryRequest, craftedWrite, mutate, mutation, RULES, textRequest } from "./generated-request.ts";
import { provenConnection } from "./proven-connection.ts";

interface Result {
  readonly toServer: string;
  readonly toClient: string;
  readonly log: readonly string[];
  readonly closed: string | undefined;
}

/** Cuts bytes at the given places (parts of their length). */
function pieces(bytes: string, places: readonly number[]): readonly string[] {
  const at = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  return at.map((end, index) => bytes.slice(at[index - 1] ?? 0, end));
}

function run(requests: readonly string[], replies: readonly string[], fresh = false): Result {
  const connection = fresh
    ? new ScriptedConnection(memcache, { l7: RULES })
    : provenConnection(RULES, requests.join(""));
  for (const piece of requests) connection.fromClient(piece);
  for (const piece of replies) connection.fromServer(piece);
  connection.fromClient("", true);
  assert.notEqual(connection.closeReason?.kind, "parser-error", connection.closeReason?.message);
  return {
    toServer: connection.takeToServer(),
    toClient: connection.takeToClient(),
    log: connection.records.map(({ type, verdict, fields }) => {
      // Of two mistakes in one line, either may be seen first.
      return verdict === "Error" ? "refused" : `${type} ${JSON.stringify(fields)}`;
    }),
    closed: connection.closeReason?.kind,
  };
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

/** A stream of requests, well-formed but for some changes. */
function stream(request: typeof textRequest): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(request, { maxLength: 8 }), fc.array(mutation, { maxLength: 3 }))
    .map(([requests, mutations]) => mutations.reduce(mutate, requests.map((one) => one.bytes).join("")));
}

const textReply = fc.constantFrom(
  ...[
    "END\r\n",
    "STORED\r\n",
    "VALUE ok-1 0 5\r\nEND\r\n\r\nEND\r\n",
    "HD\r\n",
    "VA 2 kok-1\r\nEN\r\n",
    "EN\r\n",
    "MN\r\n",
  ],
  ...["8\r\n", "VERSION 1.6.18\r\n", "CLIENT_ERROR x\r\n", "NOT_FOUND\r\n", "VALUE ok-1 0 9999\r\n", "\n", "VA x\r\n"],
);
const binaryReply = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x09, 0x0a, 0x0b, 0x11), fc.constantFrom(0, 1), fc.constantFrom("", "x"))
  .map(([opcode, status, value]) => response(opcode, { status, value }));

const PROTOCOLS = [
  ["text", fc.oneof(stream(textRequest), stream(craftedWrite)), fc.array(textReply, { maxLength: 8 })],
  ["binary", stream(binaryRequest), fc.array(binaryReply, { maxLength: 8 })],
  ["any bytes", fc.string({ unit: "binary", maxLength: 80 }).map(latin1), fc.array(textReply, { maxLength: 2 })],
] as const;

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

describe("memcache: however the bytes are cut", () => {
  for (const [name, requests, replies] of PROTOCOLS) {
    it(`${name}: the same bytes pass, the same answers come, the same is logged`, () => {
      fc.assert(
        fc.property(requests, replies, places, places, fc.boolean(), (bytes, replied, cut, replyCut, fresh) => {
          // On a fresh connection requests may wait for replies; a server that replies before it is asked is no server.
          const answers = fresh ? "" : replied.join("");
          const whole = run([bytes], [answers], fresh);
          assert.deepEqual(run(pieces(bytes, cut), pieces(answers, replyCut), fresh), whole);
        }),
        { numRuns: 400 },
      );
    });
  }

  it("what is forwarded of well-formed requests is what policy allows, and fences", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(textRequest), { maxLength: 20 }), places, (requests, cut) => {
        const bytes = requests.map((request) => request.bytes).join("");
        const allowed = requests.filter((request) => request.allowed).map((request) => request.bytes);
        const { toServer, closed } = run(pieces(bytes, cut), []);
        assert.equal(closed, undefined);
        assert.equal(withoutFences(toServer, allowed), allowed.join(""));
      }),
      { numRuns: 400 },
    );
  });

  it("a NOOP in place of a denied request is the only packet that the client did not send", () => {
    fc.assert(
      fc.property(fc.array(binaryRequest, { maxLength: 20 }), places, (requests, cut) => {
        const bytes = requests.map((request) => request.bytes).join("");
        const allowed = requests.filter((request) => request.allowed).map((request) => request.bytes);
        const { toServer, closed } = run(pieces(bytes, cut), []);
        assert.equal(closed, undefined);
        assert.equal(withoutFences(toServer, allowed, packet(0x0a)), allowed.join(""));
      }),
      { numRuns: 400 },
    );
  });
});

/** Takes the expected requests from the front one by one; what is between them must be fences. */
function withoutFences(bytes: string, expected: readonly string[], fence = "mn\r\n"): string {
  let rest = bytes;
  let taken = "";
  for (const request of expected) {
    while (!rest.startsWith(request) && rest.startsWith(fence)) rest = rest.slice(fence.length);
    if (!rest.startsWith(request)) break;
    taken += request;
    rest = rest.slice(request.length);
  }
  while (rest.startsWith(fence)) rest = rest.slice(fence.length);
  return taken + rest;
}
