import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defineExtension, type Extension, type Parser } from "./parser.ts";
import { cuts, ScriptedConnection, type ScriptedOptions } from "./testing/index.ts";
import { blockParser } from "./testing/parsers/block-parser.ts";
import { headerParser } from "./testing/parsers/header-parser.ts";
import { lineParser } from "./testing/parsers/line-parser.ts";
import { passer } from "./testing/parsers/passer.ts";
import { drop, inject, more, nop, pass, type Verdict } from "./verdict.ts";

/** An extension from one function; the connection comes with each call. */
function extensionOf(onData: (...values: Parameters<Parser["onData"]>) => ReturnType<Parser["onData"]>): Extension {
  return { name: "test.function", version: "1.0.0", fields: {}, create: () => ({ onData }) };
}

/** What a case gives in the end: everything that left, whatever the cut. */
function outcome(extension: Extension, pieces: readonly Buffer[], options: ScriptedOptions = {}) {
  const connection = new ScriptedConnection(extension, options);
  for (const piece of pieces) connection.fromClient(piece);
  return {
    toServer: connection.takeToServer(),
    toClient: connection.takeToClient(),
    records: connection.records,
    closed: connection.closeReason?.kind,
  };
}

test("verdicts are carried out one after the other", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.fromClient("PASS 1\nDROP 2\nINJECT 3\nINSERT 4\nPASS 5\nPA");
  assert.deepEqual(connection.takeOps(), ["PASS 7", "DROP 7", "DROP 9", "INJECT 9", "DROP 9", "PASS 7", "MORE 1"]);
  assert.equal(connection.takeToServer(), "PASS 1\nINSERT 4\nPASS 5\n");
  assert.equal(connection.takeToClient(), "INJECT 3\n");
  connection.fromClient("SS 6\n");
  assert.equal(connection.takeToServer(), "PASS 6\n");
});

test("every way of cutting gives the same bytes", () => {
  const lines = "PASS 1\nINSERT 2\nDROP 3\nINJECT 4\nPASS 5\n";
  const blocks = "7:PASS 9:INJECT_10:PASS_xy9:INSERT_30:DROP 0123456789012345678901";
  for (const [extension, bytes] of [
    [lineParser, lines],
    [blockParser, blocks],
  ] as const) {
    const expected = outcome(extension, [Buffer.from(bytes)]);
    assert.equal(expected.closed, undefined);
    for (const cut of cuts(bytes)) {
      assert.deepEqual(outcome(extension, cut.pieces), expected, `${extension.name}, ${cut.name}`);
    }
  }
});

test("pass and drop reach beyond what is buffered, and their frames are never shown again", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromClient("20:PASS");
  assert.deepEqual(connection.takeOps(), ["PASS 20"]);
  assert.equal(connection.takeToServer(), "20:PASS");
  connection.fromClient("0123456789");
  assert.deepEqual(connection.takeOps(), [], "the rest of a decided frame needs no call");
  assert.equal(connection.takeToServer(), "0123456789");
  connection.fromClient("abc10:DROP__");
  assert.deepEqual(connection.takeOps(), ["DROP 10"]);
  assert.equal(connection.takeToServer(), "abc");
  connection.fromClient("3");
  assert.deepEqual(connection.takeOps(), ["NOP"], "a frame that ends with its chunk is followed by an empty call");
  assert.equal(connection.takeToServer(), "");
});

test("a frame that ends exactly with a chunk is followed by a call without bytes", () => {
  const lengths: number[] = [];
  const extension = extensionOf((_reply, _end, data) => {
    lengths.push(data.length);
    return data.length > 0 ? pass(6) : nop;
  });
  const connection = new ScriptedConnection(extension);
  connection.fromClient("abc");
  connection.fromClient("def");
  connection.fromClient("ghijkl");
  assert.deepEqual(lengths, [3, 0, 6, 0]);
});

test("more(n) waits for n further bytes, and is asked anew each time", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromClient("9:INJ");
  assert.deepEqual(connection.takeOps(), ["MORE 1"], "the word needs one byte more than the four that are sure");
  connection.fromClient("E");
  assert.deepEqual(connection.takeOps(), ["MORE 3"]);
  connection.fromClient("CT");
  assert.deepEqual(connection.takeOps(), []);
  connection.fromClient("3");
  assert.deepEqual(connection.takeOps(), ["DROP 9", "NOP"]);
  assert.equal(connection.takeToClient(), "9:INJECT3");
  // The need of the last frame is forgotten: a parser that never asks again is still called.
  connection.fromClient("7:PASS ");
  assert.equal(connection.takeToServer(), "7:PASS ");
});

test("what was passed of one chunk leaves in one piece, without a copy where the whole chunk passed", () => {
  const sent: Uint8Array[] = [];
  const connection = new ScriptedConnection(lineParser);
  const send = connection.send.bind(connection);
  connection.send = (direction, bytes) => {
    sent.push(Buffer.from(bytes));
    return send(direction, bytes);
  };
  connection.fromClient("PASS 1\n".repeat(2048));
  assert.equal(sent.length, 1);
  assert.equal(sent[0]?.length, 7 * 2048);
  connection.fromClient("PASS 1\nPASS 2\nDROP 3\nPASS 4\n");
  assert.deepEqual(
    sent.slice(1).map((bytes) => Buffer.from(bytes).toString()),
    ["PASS 1\nPASS 2\n", "PASS 4\n"],
  );
});

test("the end of a frame that was decided before leaves in one piece with what follows it", () => {
  const connection = new ScriptedConnection(blockParser);
  const sent: string[] = [];
  connection.send = (_direction, bytes) => {
    sent.push(Buffer.from(bytes).toString());
    return true;
  };
  connection.fromClient("20:PASS");
  connection.fromClient("0123456789abc7:PASS 9:DROP___7:PASS ");
  assert.deepEqual(sent, ["20:PASS", "0123456789abc7:PASS ", "7:PASS "]);
});

test("bytes injected into the other direction leave at once, both ways", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.fromClient("INJECT a\n");
  assert.equal(connection.takeToClient(), "INJECT a\n");
  connection.fromServer("INJECT b\n");
  assert.equal(connection.takeToServer(), "INJECT b\n");
});

test("injected bytes never cut a frame: they wait for its end", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromServer("20:PASS0123");
  connection.fromClient("9:INJECT1");
  connection.fromClient("9:INJECT2");
  assert.equal(connection.takeToClient(), "20:PASS0123");
  connection.fromServer("456789abc7:PASS ");
  assert.equal(connection.takeToClient(), "456789abc9:INJECT19:INJECT27:PASS ");
});

test("bytes that are only waited for do not hold injected ones back", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromServer("20:INJ");
  connection.fromClient("9:INJECT1");
  assert.equal(connection.takeToClient(), "9:INJECT1");
});

test("inject puts bytes between the frames of its own direction, in parts if asked", () => {
  const extension: Extension = {
    name: "test.fence",
    version: "1.0.0",
    fields: {},
    create: (connection) => {
      let step = 0;
      return {
        onData: (_reply, _end, data): Verdict => {
          step++;
          if (step === 1) return pass(2);
          if (step === 2) {
            connection.inject(false, Buffer.from("fence"));
            return inject(2);
          }
          if (step === 3) return inject(3);
          return data.length > 0 ? pass(data.length) : nop;
        },
      };
    },
  };
  const connection = new ScriptedConnection(extension);
  connection.fromClient("abcd");
  assert.equal(connection.takeToServer(), "abfencecd");
});

test("an injection that was not made, or not placed, closes the connection", () => {
  const tooMany = new ScriptedConnection(extensionOf(() => inject(1)));
  tooMany.fromClient("x");
  assert.equal(tooMany.closeReason?.kind, "parser-error");

  const abandoned: Extension = {
    ...extensionOf(() => nop),
    create: (connection) => ({
      onData: () => {
        connection.inject(false, Buffer.from("abc"));
        return more(1);
      },
    }),
  };
  const left = new ScriptedConnection(abandoned);
  left.fromClient("x");
  assert.equal(left.closeReason?.kind, "parser-error");
  assert.match(left.closeReason?.message ?? "", /3 bytes .* without `inject`/);
  assert.equal(left.takeToServer(), "");
});

test("a slow receiver of answers stalls the requests until the answers have left", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.congested.reply = true;
  connection.fromClient("PASS 0\nINJECT 1\nINJECT 2\nPASS 3\n");
  assert.equal(connection.takeToClient(), "INJECT 1\n");
  assert.equal(connection.takeToServer(), "PASS 0\n");
  assert.equal(connection.paused.original, true);
  connection.fromClient("INJECT 4\n");
  assert.equal(connection.takeToClient(), "", "nothing is decided while answers wait");
  connection.drain("reply");
  assert.equal(connection.paused.original, false);
  assert.equal(connection.takeToClient(), "INJECT 2\nINJECT 4\n");
  assert.equal(connection.takeToServer(), "PASS 3\n");
});

test("a receiver that stays slow stalls again after every answer", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.congested.reply = true;
  connection.fromClient("INJECT 1\nINJECT 2\nINJECT 3\n", true);
  for (const expected of ["INJECT 1\n", "INJECT 2\n"]) {
    assert.equal(connection.takeToClient(), expected);
    assert.equal(connection.endSent.original, false);
    connection.drain("reply", true);
  }
  connection.drain("reply");
  assert.equal(connection.takeToClient(), "INJECT 3\n");
  assert.equal(connection.endSent.original, true, "the end follows when the last request is decided");
});

test("answers that wait behind a frame are bounded: first the requests stall, then the connection ends", () => {
  const options = { limits: { injectBytesPause: 20, injectBytesMax: 100 } };
  const connection = new ScriptedConnection(blockParser, options);
  connection.fromServer("50:PASS");
  connection.fromClient("9:INJECT1".repeat(5));
  assert.equal(connection.paused.original, true);
  connection.fromServer("x".repeat(43));
  assert.equal(connection.takeToClient(), `50:PASS${"x".repeat(43)}${"9:INJECT1".repeat(5)}`);
  assert.equal(connection.paused.original, false);

  const flood = new ScriptedConnection(blockParser, options);
  flood.fromServer("500:PASS");
  flood.fromClient(`120:INJECT${"x".repeat(110)}`);
  assert.equal(flood.closeReason?.kind, "limit");
});

test("undecided bytes are bounded", () => {
  const options = { limits: { undecidedBytesMax: 100 } };
  const asked = new ScriptedConnection(blockParser, options);
  asked.fromClient("200:INJECT");
  assert.equal(asked.closeReason?.kind, "limit");
  assert.match(asked.closeReason?.message ?? "", /200 bytes is above the limit of 100/);

  const endless = new ScriptedConnection(lineParser, options);
  for (let round = 0; round < 200 && endless.closeReason === undefined; round++) endless.fromClient("x");
  assert.equal(endless.closeReason?.kind, "limit");
  assert.equal(endless.takeToServer(), "");
});

test("a parser that waits for the other direction gets no more bytes than it may hold, and goes on", () => {
  const limits = { undecidedBytesMax: 1_000 };
  let answered = false;
  const extension = defineExtension({
    name: "test.waiting",
    version: "1.0.0",
    fields: {},
    create: (connection) => ({
      onData: (reply, _end, data) => {
        if (data.length === 0) return nop;
        if (!reply) return answered ? pass(data.length) : nop;
        answered = true;
        connection.wakeUp(false);
        return pass(data.length);
      },
    }),
  });
  const connection = new ScriptedConnection(extension, { limits });
  connection.fromClient("x".repeat(875));
  assert.equal(connection.paused.original, false);
  connection.fromClient("x");
  assert.equal(connection.paused.original, true);
  connection.fromServer("go");
  assert.equal(connection.paused.original, false);
  assert.equal(connection.takeToServer().length, 876);
  assert.equal(connection.closeReason, undefined);

  answered = false;
  const left = new ScriptedConnection(extension, { limits });
  left.fromClient("x".repeat(900));
  left.fromServer("", true);
  assert.equal(left.paused.original, false, "the end of the client must be seen");
  left.fromClient("x".repeat(99));
  assert.equal(left.paused.original, false);
  left.fromClient("xx");
  assert.equal(left.closeReason?.kind, "limit");
});

test("the end of the stream is told to the parser and sent on; bytes that wait for more never are", () => {
  const connection = new ScriptedConnection(lineParser);
  connection.fromClient("PASS 1\nPAS", true);
  assert.equal(connection.takeToServer(), "PASS 1\n");
  assert.equal(connection.endSent.original, true);
  assert.equal(connection.endSent.reply, false);
  connection.fromServer("PASS 2\n");
  assert.equal(connection.takeToClient(), "PASS 2\n", "the other direction goes on");
  connection.fromServer("", true);
  assert.equal(connection.endSent.reply, true);
});

test("the end of the stream within a decided frame is sent on behind what there is of it", () => {
  const connection = new ScriptedConnection(blockParser);
  connection.fromClient("20:PASS");
  connection.fromClient("01", true);
  assert.equal(connection.takeToServer(), "20:PASS01");
  assert.equal(connection.endSent.original, true);
});

test("endStream is true from the last bytes on", () => {
  const calls: string[] = [];
  const extension = extensionOf((_reply, end, data) => {
    calls.push(`${data.length}${end ? " end" : ""}`);
    return data.length > 0 ? pass(1) : nop;
  });
  const connection = new ScriptedConnection(extension);
  connection.fromClient("ab", true);
  assert.deepEqual(calls, ["2 end", "1 end", "0 end"]);
  const empty = new ScriptedConnection(extension);
  calls.length = 0;
  empty.fromClient("", true);
  assert.deepEqual(calls, ["0 end"]);
});

test("records tell what the policy decided and by which rule", () => {
  const connection = new ScriptedConnection(headerParser, {
    l7: [{ prefix: "GET" }, { prefix: "PUT", contains: "x" }],
  });
  connection.fromClient("GET a\nPUT b\nPUT x\n");
  assert.equal(connection.takeToServer(), "GET a\nPUT x\n");
  assert.equal(connection.takeToClient(), "Line dropped: PUT b\n");
  assert.deepEqual(
    connection.records.map(({ type, verdict, rule }) => `${type} ${verdict} ${rule}`),
    ["Request Forwarded l7[0]", "Denied Denied undefined", "Request Forwarded l7[1]"],
  );
});

test("a new policy holds from the next request on", () => {
  const connection = new ScriptedConnection(headerParser, { l7: [{}] });
  connection.fromClient("GET a\nGET");
  connection.setPolicy([]);
  connection.fromClient(" b\n");
  assert.equal(connection.takeToServer(), "GET a\n");
  connection.setPolicy([{ prefix: "GET" }]);
  connection.fromClient("GET c\n");
  assert.equal(connection.takeToServer(), "GET c\n");
});

test("an extension may refuse a connection", () => {
  assert.match(new ScriptedConnection(passer, { policyName: "invalid-policy" }).refusal ?? "", /refuses/);
  assert.equal(new ScriptedConnection(passer).refusal, undefined);
});

test("random verdicts never lose order, never send an undecided byte, always end", () => {
  // The parser follows a script of verdicts; a naive model says what must have left.
  const verdicts = fc.array(
    fc.tuple(fc.constantFrom("pass", "drop", "more" as const), fc.integer({ min: 1, max: 9 })),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(verdicts, fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 40 }), (script, sizes) => {
      let step = 0;
      const extension = extensionOf(() => {
        const next = script[step++];
        if (next === undefined) return nop;
        const [kind, count] = next;
        return kind === "pass" ? pass(count) : kind === "drop" ? drop(count) : more(count);
      });
      const connection = new ScriptedConnection(extension);
      let position = 0;
      for (const size of sizes) {
        connection.fromClient(Buffer.from(Array.from({ length: size }, () => position++ % 256)));
      }
      // What left must be a subsequence that follows the script as far as it went.
      let cursor = 0;
      let expected = "";
      for (const [kind, count] of script.slice(0, step)) {
        if (kind === "more") continue;
        const end = Math.min(position, cursor + count);
        for (; cursor < end; cursor++) if (kind === "pass") expected += String.fromCharCode(cursor % 256);
      }
      assert.equal(connection.takeToServer(), expected);
      assert.equal(connection.closeReason, undefined);
    }),
    { numRuns: 1000 },
  );
});
