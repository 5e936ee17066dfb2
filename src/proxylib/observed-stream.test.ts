import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { Connection } from "./connection.ts";
import type { Direction } from "./io.ts";
import type { Extension } from "./parser.ts";
import { cuts, ScriptedConnection } from "./testing/index.ts";
import { blockParser } from "./testing/parsers/block-parser.ts";
import { headerParser } from "./testing/parsers/header-parser.ts";
import { lineParser } from "./testing/parsers/line-parser.ts";
import { panicParser } from "./testing/parsers/panic-parser.ts";
import { passer } from "./testing/parsers/passer.ts";
import { drop, error, inject, more, nop, ParseError, pass, type Verdict } from "./verdict.ts";

type OnData = (reply: boolean, endStream: boolean, data: ByteView) => Verdict | Promise<Verdict>;

function extensionOf(create: (connection: Connection) => OnData): Extension {
  return {
    name: "test.function",
    version: "1.0.0",
    fields: {},
    create: (connection) => ({ onData: create(connection) }),
  };
}

const observing = (extension: Extension, l7?: readonly Record<string, string>[]): ScriptedConnection =>
  new ScriptedConnection(extension, { mode: "observe", ...(l7 !== undefined && { l7 }) });

/** Lets settled promises run their handlers. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One thing that an extension might do in a call. */
type Deed = readonly [kind: string, count: number];
const KINDS = "pass drop more nop error inject make other wake throw reject slow invalid scribble log".split(" ");
const deed: fc.Arbitrary<Deed> = fc.tuple(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: 40 }));

/** An extension that does what a list says, call by call, and then passes everything. */
function unruly(deeds: readonly Deed[], direct: (reply: boolean) => boolean): Extension {
  return extensionOf((connection) => {
    let step = 0;
    return (reply, _endStream, data) => {
      const next = direct(reply) ? deeds[step++] : undefined;
      if (next === undefined) return data.length > 0 ? pass(data.length) : nop;
      const [kind, count] = next;
      switch (kind) {
        case "pass":
          return pass(count);
        case "drop":
          return drop(count);
        case "more":
          return more(count * 50);
        case "error":
          return error(ParseError.InvalidFrameType);
        case "inject":
          return inject(count);
        case "make":
          connection.inject(reply, Buffer.alloc(count, "!"));
          return inject(count);
        case "other":
          connection.inject(!reply, Buffer.alloc(count, "!"));
          return pass(count);
        case "wake":
          connection.wakeUp(!reply);
          return nop;
        case "throw":
          throw new Error("no such thing");
        case "reject":
          return Promise.reject(new Error("later"));
        case "slow":
          return Promise.resolve(drop(count));
        case "invalid":
          return "pass" as unknown as Verdict;
        case "scribble":
          if (data.length > 0) data.buffer.fill(0x21, data.start, data.start + data.contiguousLength);
          return pass(count);
        case "log":
          connection.matches({ x: "1" });
          connection.log("Denied", { x: "1" });
          return drop(count);
        default:
          return nop;
      }
    };
  });
}

const SAMPLES: readonly Extension[] = [lineParser, blockParser, headerParser, panicParser, passer];
/** What the sample parsers understand, and what they do not. */
const word = fc.constantFrom("PASS\n", "DROP\n", "INJECT\n", "INSERT\n", "9:INSERT1", "20:DROP", "7:PASS ", "?", "x\n");

/** Pieces in the order in which they come: from the client, or from the server. */
const talk = fc.array(
  fc.tuple(
    fc.boolean(),
    fc.oneof(
      word.map((text) => Buffer.from(text)),
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ),
  ),
  { maxLength: 30 },
);

test("whatever an extension does, what it observes passes unchanged, at once, and both ends are kept", async () => {
  const extension = fc.oneof(
    fc.constantFrom(...SAMPLES),
    fc.array(deed, { maxLength: 20 }).map((deeds) => unruly(deeds, () => true)),
    fc.array(deed, { maxLength: 20 }).map((deeds) => unruly(deeds, (reply) => reply)),
  );
  await fc.assert(
    fc.asyncProperty(extension, talk, async (one, pieces) => {
      const connection = new ScriptedConnection(one, {
        mode: "observe",
        l7: [],
        limits: { undecidedBytesMax: 300, injectBytesMax: 60, injectBytesPause: 20 },
      });
      const send = connection.send.bind(connection);
      connection.reusesMemory = false;
      for (const [fromServer, bytes] of pieces) {
        // What a receiver is given may wait to be written until the call is over.
        const given: [Direction, Uint8Array][] = [];
        connection.send = (direction, piece) => given.push([direction, piece]) > 0;
        if (fromServer) connection.fromServer(bytes);
        else connection.fromClient(bytes);
        connection.send = send;
        for (const [direction, piece] of given) send(direction, piece);
        const [forth, back] = [connection.takeToServer(), connection.takeToClient()];
        assert.equal(fromServer ? back : forth, bytes.toString("latin1"));
        assert.equal(fromServer ? forth : back, "");
        assert.deepEqual(connection.paused, { original: false, reply: false });
        if (bytes.length % 3 === 0) await settled();
      }
      assert.deepEqual(connection.endSent, { original: false, reply: false });
      connection.fromClient("last", true);
      assert.equal(connection.takeToServer(), "last");
      assert.deepEqual(connection.endSent, { original: true, reply: false });
      connection.fromServer("", true);
      assert.deepEqual(connection.endSent, { original: true, reply: true });
      await settled();
      assert.equal(connection.takeToServer() + connection.takeToClient(), "");
      assert.equal(connection.closeReason, undefined);
      assert.equal(connection.count("Denied"), 0, "nothing was denied");
      const failures = connection.records.filter(({ verdict }) => verdict === "Error");
      assert.equal(failures.length, connection.unread ? 1 : 0, "told exactly once");
      assert.ok(
        connection.records.filter(({ type, verdict }) => type === "Connection" && verdict === "Audit").length < 2,
      );
    }),
    { numRuns: 2_000 },
  );
});

test("what would be refused passes with verdict Audit and the place where a rule is missing", () => {
  const connection = observing(headerParser, [{ prefix: "GET" }]);
  connection.fromClient("GET a\nPUT b\nGET c\n");
  assert.equal(connection.takeToServer(), "GET a\nPUT b\nGET c\n");
  assert.equal(connection.takeToClient(), "");
  assert.deepEqual(
    connection.records.map(({ type, verdict, rule, effect }) => `${type} ${verdict} ${rule} ${effect}`),
    ["Request Forwarded l7[0] undefined", "Request Audit l7 missing", "Request Forwarded l7[0] undefined"],
  );
});

test("what an extension refuses by itself passes too, and is recorded as audited", () => {
  const connection = observing(blockParser);
  connection.fromClient("9:DROP...7:PASS ");
  assert.equal(connection.takeToServer(), "9:DROP...7:PASS ");
  assert.deepEqual(
    connection.records.map(({ type, verdict, rule }) => [type, verdict, rule]),
    [
      ["Request", "Audit", undefined],
      ["Connection", "Audit", undefined],
      ["Request", "Forwarded", undefined],
    ],
  );
  assert.match(connection.records[1]?.fields["status"] ?? "", /would drop or inject bytes/);
});

test("what is not understood passes unread, with one record that says why", () => {
  for (const [extension, bytes, reason] of [
    [panicParser, "x", /threw Error: the panic parser panics/],
    [lineParser, "PASS 1\nwhat?\nPASS 2\n", /cannot be understood/],
    [blockParser, "2000000:INJECT", /above the limit/],
    [lineParser, "x".repeat(1_100_000), /above the limit/],
    [passer, "", /refuses the connection/],
  ] as const) {
    const connection = new ScriptedConnection(extension, { mode: "observe", policyName: "invalid-policy" });
    connection.fromClient(bytes);
    connection.fromClient("more");
    assert.equal(connection.takeToServer(), `${bytes}more`);
    assert.equal(connection.unread, true);
    assert.equal(connection.refusal, undefined);
    const records = connection.records.filter(({ type }) => type === "Connection");
    assert.equal(records.length, 1);
    assert.equal(records[0]?.verdict, "Error");
    assert.match(records[0]?.fields["status"] ?? "", reason);
    assert.match(records[0]?.fields["status"] ?? "", /; the rest passes unread$/);
  }
});

test("an extension knows that it only observes", () => {
  const seen: boolean[] = [];
  const extension = extensionOf((connection) => (_reply, _end, data) => {
    seen.push(connection.observed);
    return data.length > 0 ? pass(data.length) : nop;
  });
  const connection = observing(extension);
  connection.fromClient("a");
  assert.equal(connection.setPolicy([], "enforce"), undefined);
  connection.fromClient("b");
  assert.equal(connection.setPolicy([], "observe"), undefined);
  connection.fromClient("c");
  assert.deepEqual(seen, [true, true, false, false, true, true]);
});

test("from observing to enforcing: the next request is judged, whatever the cut, and back", () => {
  const before = "GET a\nPUT b\n";
  for (const cut of cuts(before)) {
    const connection = observing(headerParser, [{ prefix: "GET" }]);
    for (const piece of cut.pieces) connection.fromClient(piece);
    assert.equal(connection.setPolicy([{ prefix: "GET" }], "enforce"), undefined);
    connection.fromClient("PUT c\nGET d\n");
    assert.equal(connection.takeToServer(), `${before}GET d\n`);
    assert.equal(connection.takeToClient(), "Line dropped: PUT c\n");
    connection.congested.reply = true;
    connection.fromClient("PUT e\nPUT f\n");
    assert.equal(connection.takeToClient(), "Line dropped: PUT e\n", "back-pressure reaches the parser");
    connection.drain("reply");
    assert.equal(connection.takeToClient(), "Line dropped: PUT f\n");
    assert.equal(connection.setPolicy([{ prefix: "GET" }], "observe"), undefined);
    connection.fromClient("PUT g\n");
    assert.equal(connection.takeToServer(), "PUT g\n");
    assert.equal(connection.records.at(-1)?.verdict, "Audit");
    connection.setPolicy([{ prefix: "GET" }], "enforce");
    connection.fromClient("PUT h\nGET i\n", true);
    assert.equal(connection.takeToServer(), "GET i\n");
    assert.deepEqual(connection.endSent, { original: true, reply: false });
  }
});

test("a frame that was decided while it was observed passes to its end, also one that would have been dropped", () => {
  for (const block of ["20:PASS", "20:DROP"]) {
    const connection = observing(blockParser);
    connection.fromClient(block);
    assert.equal(connection.setPolicy([{}], "enforce"), undefined);
    connection.fromClient("0123456789abc9:DROP...7:PASS ");
    assert.equal(connection.takeToServer(), `${block}0123456789abc7:PASS `);
  }
});

test("what passed undecided keeps a connection from being enforced, and goes on being observed until it is reset", () => {
  const connection = observing(headerParser, []);
  connection.fromClient("PUT a\nPU");
  assert.match(connection.setPolicy([], "enforce") ?? "", /part of a request or reply had passed/);
  connection.fromClient("T b\n");
  assert.equal(connection.takeToServer(), "PUT a\nPUT b\n");
  assert.deepEqual(
    connection.records.map(({ type, verdict }) => `${type} ${verdict}`),
    ["Request Audit", "Request Audit"],
  );

  const replies = observing(lineParser);
  replies.fromServer("PAS");
  assert.match(replies.setPolicy([], "enforce") ?? "", /part of a request or reply had passed/);

  const unread = observing(lineParser);
  unread.fromClient("what?\n");
  assert.match(unread.setPolicy([], "enforce") ?? "", /not understood, and passed/);
  assert.equal(unread.setPolicy([], "observe"), undefined);
});

test("a verdict that a promise still owes keeps it from being enforced, too", async () => {
  const answer = Promise.withResolvers<Verdict>();
  const extension = extensionOf(() => (reply, _end, data) => {
    if (data.length === 0) return nop;
    return reply ? pass(data.length) : answer.promise;
  });
  const connection = observing(extension);
  connection.fromClient("abc");
  assert.match(connection.setPolicy([], "enforce") ?? "", /part of a request/);
  answer.resolve(pass(3));
  await settled();
  assert.equal(connection.setPolicy([], "enforce"), undefined);
  assert.equal(connection.takeToServer(), "abc");

  const early = observing(extensionOf(() => () => new Promise<Verdict>(() => undefined)));
  early.fromClient("");
  assert.match(early.setPolicy([], "enforce") ?? "", /part of a request/, "also where no byte is there yet");
});

test("a parser may say that it is not sure of what passed; one that throws then is not believed", () => {
  for (const mayEnforce of [
    () => false,
    () => {
      throw new Error("who knows");
    },
  ]) {
    const unsure: Extension = {
      name: "test.unsure",
      version: "1.0.0",
      fields: {},
      create: () => ({ onData: (_reply, _end, data) => (data.length > 0 ? pass(data.length) : nop), mayEnforce }),
    };
    const connection = observing(unsure);
    connection.fromClient("x");
    assert.match(connection.setPolicy([], "enforce") ?? "", /not sure how the server reads it|who knows/);
  }
});

test("under an extension that enforces, audited requests pass with verdict Audit", () => {
  const connection = new ScriptedConnection(headerParser, { mode: "audit", l7: [{ prefix: "GET" }] });
  connection.fromClient("GET a\nPUT b\n");
  assert.equal(connection.takeToServer(), "GET a\nPUT b\n");
  assert.deepEqual(
    connection.records.map(({ verdict, rule, effect }) => `${verdict} ${rule} ${effect}`),
    ["Forwarded l7[0] undefined", "Audit l7 missing"],
  );
  connection.setPolicy([{ prefix: "GET" }], "enforce");
  connection.fromClient("PUT c\n");
  assert.equal(connection.takeToServer(), "");
  connection.setPolicy([{ prefix: "GET" }], "audit");
  connection.fromClient("PUT d\n");
  assert.equal(connection.takeToServer(), "PUT d\n");
});

test("another identity counts in policy and records from the next request on", () => {
  const identities: number[] = [];
  const extension = extensionOf((connection) => (_reply, _end, data) => {
    if (data.length === 0) return nop;
    identities.push(connection.source.identity);
    connection.log("Request", {});
    return pass(data.length);
  });
  for (const mode of ["enforce", "observe"] as const) {
    identities.length = 0;
    const connection = new ScriptedConnection(extension, { mode });
    connection.fromClient("a");
    connection.identifyClient(1005, ["unspec:app=other"]);
    connection.fromClient("b");
    assert.deepEqual(identities, [1001, 1005]);
  }
});
