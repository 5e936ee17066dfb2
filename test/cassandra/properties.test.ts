// What must hold for every stream of bytes, however it is cut.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { byte, HeaderFlag, int, Opcode, request, response } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { logOf, startedConnection, unauthorized } from "./exchange-case.ts";

const RULES = [
  { query_action: "select", query_table: "^ks[.]t$" },
  { query_action: "use", query_table: "^ks$" },
];
const HEADER_LENGTH = 9;

/** Cuts bytes at the given places (parts of their length). */
function pieces(bytes: string, places: readonly number[]): readonly string[] {
  const at = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  return at.map((end, index) => bytes.slice(at[index - 1] ?? 0, end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString("latin1"));
const streams = fc.nat({ max: 3 });

/** Statements, and whether the rules allow them in no keyspace. */
const TEXTS: readonly (readonly [string, boolean])[] = [
  ["SELECT a FROM ks.t", true],
  ["SELECT a FROM ks.t WHERE b = 'x from ks.secret '", true],
  ["SELECT a FROM ks.secret WHERE b = ' from ks.t '", false],
  ["INSERT INTO ks.t (a) VALUES (1)", false],
  ["SELECT a FROM t", false],
  ["LIST ROLES", false],
  ["BOGUS", false],
  ["", false],
];
const text = fc.constantFrom(...TEXTS.map(([one]) => one));
const value = fc.option(fc.option(bytes(6), { nil: null }), { nil: undefined });
const frameOptions = fc.record(
  {
    stream: streams,
    flags: fc.constantFrom(0, HeaderFlag.Tracing),
    customPayload: fc.dictionary(fc.constantFrom("a", "b"), fc.option(bytes(5), { nil: null })),
  },
  { requiredKeys: ["stream"] },
);
const parameters = fc.record(
  { values: fc.array(value, { maxLength: 3 }), pageSize: fc.nat(9), keyspace: fc.constantFrom("ks", "evil") },
  { requiredKeys: [] },
);
const child = fc.oneof(
  fc.record({ text, values: fc.array(value, { maxLength: 2 }) }),
  fc.record({ id: fc.constantFrom("id", "other"), values: fc.array(value, { maxLength: 2 }) }),
);
const anyRequest = fc.oneof(
  fc.tuple(text, frameOptions, parameters).map(([one, frame, more]) => requests.query(one, { ...frame, ...more })),
  fc.constantFrom("USE ks", "USE other").map((one) => requests.query(one)),
  fc.tuple(text, frameOptions).map(([one, frame]) => requests.prepare(one, frame)),
  fc
    .tuple(fc.constantFrom("id", "other"), frameOptions, parameters)
    .map(([id, frame, more]) => requests.execute(id, { ...frame, ...more })),
  fc.tuple(fc.array(child, { maxLength: 3 }), frameOptions).map(([children, frame]) => requests.batch(children, frame)),
  frameOptions.map((frame) => requests.askOptions(frame)),
  frameOptions.map((frame) => requests.register(["STATUS_CHANGE"], frame)),
  frameOptions.map((frame) => requests.startup({}, frame)),
  fc.tuple(fc.nat(255), bytes(12), frameOptions).map(([opcode, message, frame]) => request(opcode, message, frame)),
);
const anyResponse = fc.oneof(
  fc
    .tuple(streams, fc.array(bytes(4), { maxLength: 2 }))
    .chain(([stream, warnings]) =>
      fc.constantFrom(
        responses.resultVoid({ stream, warnings }),
        responses.resultSetKeyspace("ks", { stream, warnings }),
        responses.resultPrepared("id", { stream, warnings }),
        responses.error(0x2200, "no", { stream }),
        responses.supported({ COMPRESSION: ["lz4"] }, { stream }),
        responses.ready({ stream }),
      ),
    ),
  fc.tuple(fc.nat(255), bytes(12), streams).map(([opcode, message, stream]) => response(opcode, message, { stream })),
);

/** A byte that is changed, at a part of the length. */
const mutation = fc.tuple(
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0xff)),
);
function mutate(stream: string, [place, to]: readonly [number, number]): string {
  const at = Math.floor(place * stream.length);
  return stream.slice(0, at) + byte(to) + stream.slice(at + 1);
}

/** A frame whose body ends early, and whose header says so. */
function shortened(frame: string, place: number): string {
  const length = Math.floor(place * (frame.length - HEADER_LENGTH));
  return frame.slice(0, 5) + int(length) + frame.slice(HEADER_LENGTH, HEADER_LENGTH + length);
}
const part = fc.double({ min: 0, max: 1, noNaN: true });

/** Well-formed but for some changes. */
const streamOf = (frame: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: frame },
          { weight: 1, arbitrary: fc.tuple(frame, part).map(([whole, place]) => shortened(whole, place)) },
        ),
        { maxLength: 8 },
      ),
      fc.array(mutation, { maxLength: 2 }),
    )
    .map(([frames, mutations]) => mutations.reduce(mutate, frames.join("")));

interface Outcome {
  readonly toServer: string;
  readonly toClient: string;
  readonly log: readonly string[];
  readonly closed: string | undefined;
}

function run(connection: ScriptedConnection, sent: readonly string[], answered: readonly string[]): Outcome {
  for (const piece of sent) connection.fromClient(piece);
  for (const piece of answered) connection.fromServer(piece);
  connection.fromClient("", true);
  assert.notEqual(connection.closeReason?.kind, "parser-error", connection.closeReason?.message);
  assert.notEqual(connection.closeReason?.kind, "limit", connection.closeReason?.message);
  return {
    toServer: connection.takeToServer(),
    toClient: connection.takeToClient(),
    log: logOf(connection.records),
    closed: connection.closeReason?.message,
  };
}

/** The frames that bytes begin with, whole ones only. */
function framesOf(stream: string): readonly string[] {
  const frames: string[] = [];
  const buffer = Buffer.from(stream, "latin1");
  for (let at = 0; at + HEADER_LENGTH <= buffer.length; ) {
    const end = at + HEADER_LENGTH + buffer.readInt32BE(at + 5);
    if (end > buffer.length || end < at + HEADER_LENGTH) break;
    frames.push(stream.slice(at, end));
    at = end;
  }
  return frames;
}

describe("cassandra: however the bytes are cut", () => {
  const KINDS = {
    "requests and answers": [streamOf(anyRequest), streamOf(anyResponse)],
    "any bytes of the client": [bytes(80), streamOf(anyResponse)],
    "any bytes of the server": [streamOf(anyRequest), bytes(80)],
  } as const;
  for (const [name, [sent, answered]] of Object.entries(KINDS)) {
    it(`${name}: the same bytes pass, the same answers come, the same is on record`, () => {
      fc.assert(
        fc.property(sent, answered, places, places, fc.boolean(), (request, reply, cut, replyCut, fresh) => {
          const open = (): ScriptedConnection =>
            fresh ? new ScriptedConnection(cassandra(), { l7: RULES }) : startedConnection({ l7: RULES });
          const whole = run(open(), [request], [reply]);
          assert.deepEqual(run(open(), pieces(request, cut), pieces(reply, replyCut)), whole);
        }),
        { numRuns: 500 },
      );
    });

    it(`${name}: observed, nothing is changed`, () => {
      fc.assert(
        fc.property(sent, answered, places, places, (request, reply, cut, replyCut) => {
          const connection = new ScriptedConnection(cassandra(), { l7: RULES, mode: "observe" });
          const { toServer, toClient, closed } = run(connection, pieces(request, cut), pieces(reply, replyCut));
          assert.deepEqual([toServer, toClient, closed], [request, reply, undefined]);
        }),
        { numRuns: 300 },
      );
    });
  }

  it("the server gets frames as the client sent them, whole and in their order, and nothing else", () => {
    fc.assert(
      fc.property(streamOf(anyRequest), places, (stream, cut) => {
        const { toServer, closed } = run(startedConnection({ l7: RULES }), pieces(stream, cut), []);
        const got = framesOf(toServer);
        // A decided frame passes as far as it is there; only the last one may lack its end.
        const rest = toServer.slice(got.join("").length);
        let from = 0;
        const sent = framesOf(stream);
        for (const frame of got) {
          const at = sent.indexOf(frame, from);
          assert.notEqual(at, -1);
          from = at + 1;
        }
        assert.ok(rest === "" || stream.endsWith(rest));
        if (closed !== undefined) assert.ok(rest === "");
      }),
      { numRuns: 500 },
    );
  });

  it("of well-formed statements, those pass that policy allows, and the others are answered", () => {
    const one = fc.tuple(fc.constantFrom(...TEXTS), fc.constantFrom("QUERY", "PREPARE", "BATCH"), frameOptions);
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), places, (statements, cut) => {
        const frames = statements.map(([[statement, allowed], kind, frame], stream) => {
          const options = { ...frame, stream };
          if (kind === "QUERY") return { allowed, stream, frame: requests.query(statement, options) };
          if (kind === "PREPARE") return { allowed, stream, frame: requests.prepare(statement, options) };
          return {
            allowed,
            stream,
            frame: requests.batch([{ text: statement }, { text: "SELECT a FROM ks.t" }], options),
          };
        });
        const connection = startedConnection({ l7: RULES });
        const result = run(connection, pieces(frames.map(({ frame }) => frame).join(""), cut), []);
        assert.equal(result.closed, undefined);
        const join = (allowed: boolean, map: (one: (typeof frames)[number]) => string): string =>
          frames
            .filter((frame) => frame.allowed === allowed)
            .map(map)
            .join("");
        assert.equal(
          result.toServer,
          join(true, ({ frame }) => frame),
        );
        assert.equal(
          result.toClient,
          join(false, ({ stream }) => unauthorized(stream)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("the client gets the server's frames in their order, and ours between them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), bytes(40)), { maxLength: 12 }), places, (asked, cut) => {
        const connection = startedConnection({ l7: RULES });
        const sent = asked.map(([allowed], stream) =>
          requests.query(allowed ? "SELECT a FROM ks.t" : "INSERT INTO ks.t (a) VALUES (1)", { stream }),
        );
        const answers = asked.map(([allowed, warning], stream) =>
          allowed ? responses.resultVoid({ stream, warnings: [warning] }) : "",
        );
        // Requests and answers by turns, so that denials come while answers are under way.
        const sentPieces = pieces(sent.join(""), cut);
        let answered = "";
        for (const piece of sentPieces) {
          connection.fromClient(piece);
          const count = framesOf(sentPieces.slice(0, sentPieces.indexOf(piece) + 1).join("")).length;
          const ready = answers.slice(0, count).join("");
          const half = ready.slice(answered.length, answered.length + 7);
          connection.fromServer(half);
          answered += half;
        }
        connection.fromServer(answers.join("").slice(answered.length));
        assert.equal(connection.closeReason, undefined);
        const got = framesOf(connection.takeToClient());
        assert.deepEqual(
          [...got].filter((frame) => frame.charCodeAt(4) === Opcode.Result),
          answers.filter((answer) => answer !== ""),
        );
        assert.equal(got.length, asked.length);
      }),
      { numRuns: 300 },
    );
  });
});
