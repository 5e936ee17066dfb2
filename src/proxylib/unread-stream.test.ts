// Connections that were enforced, are to be observed, and then are not understood.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defineExtension } from "./parser.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { blockParser } from "./testing/parsers/block-parser.ts";
import { headerParser } from "./testing/parsers/header-parser.ts";
import { lineParser } from "./testing/parsers/line-parser.ts";
import { inject, more, nop, pass, type Verdict } from "./verdict.ts";

/** Blocks, what becomes of them, and where the copies go. */
const BLOCKS = {
  pass: { bytes: "9:PASSabc", onward: "9:PASSabc", back: "" },
  drop: { bytes: "9:DROPabc", onward: "", back: "" },
  inject: { bytes: "9:INJECTa", onward: "", back: "9:INJECTa" },
  insert: { bytes: "9:INSERTa", onward: "9:INSERTa", back: "" },
} as const;
const NONSENSE = "a block begins with digits";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function pieces(bytes: string, sizes: readonly number[]): string[] {
  const all: string[] = [];
  let start = 0;
  for (let index = 0; start < bytes.length; index++) {
    const size = sizes[index % sizes.length] as number;
    all.push(bytes.slice(start, start + size));
    start += size;
  }
  return all;
}

test("behind what was decided everything passes, nothing lost, nothing twice, in its order, however it is cut", () => {
  const kinds = fc.array(fc.constantFrom(...(Object.keys(BLOCKS) as (keyof typeof BLOCKS)[])), { maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(kinds, fc.nat({ max: 12 }), sizes, fc.string({ maxLength: 60 }), (blocks, turn, cut, rest) => {
      const connection = new ScriptedConnection(blockParser);
      let onward = "";
      let back = "";
      const before = blocks.slice(0, turn);
      const send = (text: string): void => {
        for (const piece of pieces(text, cut)) connection.fromClient(piece);
      };
      send(before.map((kind) => BLOCKS[kind].bytes).join(""));
      connection.setPolicy([], "observe");
      for (const kind of blocks) {
        onward += BLOCKS[kind].onward;
        back += BLOCKS[kind].back;
      }
      const latin = Buffer.from(rest).toString("latin1");
      send(
        blocks
          .slice(turn)
          .map((kind) => BLOCKS[kind].bytes)
          .join("") +
          NONSENSE +
          latin,
      );
      connection.fromServer("whatever the server says");
      connection.fromServer("", true);
      assert.equal(connection.takeToServer(), onward + NONSENSE + latin);
      assert.equal(connection.takeToClient(), `${back}whatever the server says`);
      assert.deepEqual(connection.endSent, { original: false, reply: true });
      connection.fromClient("end", true);
      assert.equal(connection.takeToServer(), "end");
      assert.equal(connection.endSent.original, true);
      assert.equal(connection.closeReason, undefined);
      assert.equal(connection.records.filter(({ verdict }) => verdict === "Error").length, 1);
      assert.equal(connection.unread, true);
    }),
    { numRuns: 1_000 },
  );
});

test("frames under way come to their end: those that pass, those that were dropped, and what was injected behind them", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromServer("20:PASS012");
  connection.fromClient("9:INJECT19:INJECT230:DROP");
  connection.setPolicy([], "observe");
  connection.fromServer("3");
  connection.fromServer("456789ab");
  // The client's direction is within a frame that is dropped: nothing of it passes.
  connection.fromClient("01234567890123456789");
  connection.fromServer("c?");
  assert.equal(connection.takeToClient(), "20:PASS0123456789abc9:INJECT19:INJECT2");
  assert.equal(connection.unread, false, "the server's next block is still waited for");
  connection.fromServer("? no block");
  assert.equal(connection.unread, true);
  connection.fromClient("a");
  connection.fromClient("bc and then this");
  assert.equal(connection.takeToClient(), "?? no block");
  assert.equal(connection.takeToServer(), " and then this");
});

test("one direction fails while the other is within a frame: its injected bytes still wait for the end", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromServer("20:PASS012");
  connection.fromClient("9:INJECT1");
  connection.setPolicy([], "observe");
  connection.fromClient(NONSENSE);
  assert.equal(connection.takeToServer(), NONSENSE);
  assert.equal(connection.takeToClient(), "20:PASS012");
  connection.fromServer("3456789");
  connection.fromServer("abc... and then this");
  assert.equal(connection.takeToClient(), "3456789abc9:INJECT1... and then this");

  const cut = new ScriptedConnection(blockParser);
  cut.fromServer("20:PASS012");
  cut.fromClient("9:INJECT1");
  cut.setPolicy([], "observe");
  cut.fromClient(NONSENSE);
  cut.fromServer("3", true);
  assert.equal(cut.takeToClient(), "20:PASS0123", "what has no place any more is not sent within a frame");
  assert.equal(cut.endSent.reply, true);
});

test("bytes that the parser had begun to put between frames leave whole", () => {
  let calls = 0;
  const extension = defineExtension({
    name: "test.half",
    version: "1.0.0",
    fields: {},
    create: (connection) => ({
      onData: () => {
        calls++;
        if (calls > 1) throw new Error("no such thing");
        connection.inject(false, Buffer.from("fence"));
        return inject(2);
      },
    }),
  });
  const connection = new ScriptedConnection(extension);
  connection.setPolicy([], "observe");
  connection.fromClient("abc");
  assert.equal(connection.takeToServer(), "fenceabc");
});

test("a stream that ends within a frame passes to its end", () => {
  for (const observed of [true, false]) {
    const connection = new ScriptedConnection(lineParser);
    if (observed) connection.setPolicy([], "observe");
    connection.fromClient("PASS 1\nPAS", true);
    assert.equal(connection.takeToServer(), observed ? "PASS 1\nPAS" : "PASS 1\n");
    assert.equal(connection.endSent.original, true);
    assert.equal(connection.unread, observed);
    connection.fromServer("what?", true);
    assert.equal(connection.takeToClient(), observed ? "what?" : "");
    assert.equal(connection.endSent.reply, true);
  }
});

test("a stream that the parser held back goes on at once", async () => {
  const held = (decide: () => Verdict | Promise<Verdict>) =>
    defineExtension({
      name: "test.held",
      version: "1.0.0",
      fields: {},
      create: () => ({
        onData: (reply, _end, data) => {
          if (data.length === 0) return nop;
          if (reply) throw new Error("no such thing");
          return decide();
        },
      }),
    });
  const late = Promise.withResolvers<Verdict>();
  for (const [extension, end] of [
    [held(() => late.promise), true],
    [held(() => nop), true],
    // An end would have discarded what waits for more.
    [held(() => more(1)), false],
  ] as const) {
    const connection = new ScriptedConnection(extension, { limits: { undecidedBytesMax: 100 } });
    connection.fromClient("x".repeat(95), end);
    connection.setPolicy([], "observe");
    connection.fromServer("y");
    assert.equal(connection.takeToServer(), "x".repeat(95));
    assert.equal(connection.takeToClient(), "y");
    assert.deepEqual(connection.paused, { original: false, reply: false });
    assert.equal(connection.endSent.original, end);
  }
  late.resolve(pass(95));
  await settled();
});

test("answers that wait for a slow client keep nothing back", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.congested.reply = true;
  connection.fromClient("INJECT 1\nINJECT 2\nPASS 3\n");
  assert.equal(connection.paused.original, true);
  connection.setPolicy([], "observe");
  connection.fromServer("what?\n");
  assert.equal(connection.takeToServer(), "INJECT 2\nPASS 3\n", "nobody decides any more");
  assert.equal(connection.takeToClient(), "INJECT 1\nwhat?\n");
  assert.equal(connection.paused.original, false);
  connection.drain("reply");
  connection.disconnect();
  connection.fromClient("PASS 4\n");
  assert.equal(connection.takeToServer(), "");
});

test("once unread it cannot be judged again; before, it can from the next request on", () => {
  const connection = new ScriptedConnection(headerParser, { l7: [{ prefix: "GET" }] });
  connection.setPolicy([], "observe");
  connection.fromClient("PUT a\nPU");
  assert.equal(connection.setPolicy([{ prefix: "GET" }], "enforce"), undefined, "nothing undecided has passed");
  connection.fromClient("T b\nGET c\n");
  assert.equal(connection.takeToServer(), "PUT a\nGET c\n");
  assert.equal(connection.takeToClient(), "Line dropped: PUT b\n");

  const unread = new ScriptedConnection(lineParser);
  unread.setPolicy([], "observe");
  unread.fromClient("what?\n");
  assert.match(unread.setPolicy([{}], "enforce") ?? "", /not understood, and passed/);
  unread.fromClient("DROP\n");
  assert.equal(unread.takeToServer(), "what?\nDROP\n");
});
