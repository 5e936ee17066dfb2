import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Connection } from "./connection.ts";
import { Direction } from "./io.ts";
import type { Extension, Parser } from "./parser.ts";
import type { ParserConnection } from "./parser-connection.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { drop, more, nop, pass, type Verdict } from "./verdict.ts";

const HEAD_BYTES = 5;
/** What the parser does with a frame; the byte behind its length says it. */
const Deed = { Pass: 0, Drop: 1, Promise: 2, Later: 3, Whole: 4 } as const;
type Deed = (typeof Deed)[keyof typeof Deed];

/** Frames of a length, a deed and as many bytes. Promises settle, and who waits is woken, when the test says so. */
class FrameParser implements Parser {
  private readonly connection: ParserConnection;
  private readonly pending: (() => void)[];
  private woken = false;

  constructor(connection: Connection, pending: (() => void)[]) {
    this.connection = connection as ParserConnection;
    this.pending = pending;
  }

  onData(reply: boolean, _endStream: boolean, data: Parameters<Parser["onData"]>[2]): Verdict | Promise<Verdict> {
    if (data.length === 0) return nop;
    if (data.length < HEAD_BYTES) return more(HEAD_BYTES - data.length);
    data.gather(HEAD_BYTES);
    const length = HEAD_BYTES + data.buffer.readUInt32BE(data.start);
    switch (data.at(HEAD_BYTES - 1)) {
      case Deed.Pass:
        return pass(length);
      case Deed.Drop:
        return drop(length);
      case Deed.Promise:
        return new Promise((resolve) => this.pending.push(() => resolve(pass(length))));
      case Deed.Later:
        return this.later(reply, length);
      default:
        return data.length < length ? more(length - data.length) : pass(length);
    }
  }

  private later(reply: boolean, length: number): Verdict {
    if (this.woken) {
      this.woken = false;
      return pass(length);
    }
    this.connection.control.readLater(reply ? Direction.Reply : Direction.Original);
    this.pending.push(() => {
      this.woken = true;
      this.connection.wakeUp(reply);
    });
    return nop;
  }
}

function framesExtension(pending: (() => void)[]): Extension {
  return {
    name: "test.frames",
    version: "1",
    fields: {},
    create: (connection) => new FrameParser(connection, pending),
  };
}

function frame(deed: Deed, length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes[HEAD_BYTES - 1] = deed;
  for (let at = 0; at < length; at++) bytes[HEAD_BYTES + at] = (at * 31 + seed) & 0xff;
  return bytes;
}

/** Everything that waits goes on, until nothing does. */
async function settle(pending: (() => void)[]): Promise<void> {
  do {
    for (const go of pending.splice(0)) go();
    await new Promise(setImmediate);
  } while (pending.length > 0);
}

const talk = fc.array(
  fc.record({
    deed: fc.constantFrom(...Object.values(Deed)),
    length: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(4_091, 65_531, 65_536, 102_400)),
  }),
  { maxLength: 8 },
);
const cutting = fc.oneof(fc.constant(65_536), fc.integer({ min: 1_000, max: 65_536 }));

test("what stays in its chunk leaves as it came, however it is cut and whatever the verdicts wait for", async () => {
  await fc.assert(
    fc.asyncProperty(
      talk,
      fc.array(cutting, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (frames, sizes, obeys) => {
        const pending: (() => void)[] = [];
        const connection = new ScriptedConnection(framesExtension(pending));
        const all = frames.map(({ deed, length }, at) => frame(deed, length, at));
        const bytes = Buffer.concat(all);
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          // A receiver that is paused and reads on all the same loses nothing either.
          if (obeys && connection.paused.original) await settle(pending);
          const size = sizes[turn % sizes.length] as number;
          connection.fromClient(bytes.subarray(at, at + size));
          at += size;
        }
        await settle(pending);
        const passed = Buffer.concat(all.filter((_, at) => frames[at]?.deed !== Deed.Drop));
        assert.equal(connection.closeReason, undefined);
        assert.ok(Buffer.from(connection.takeToServer(), "latin1").equals(passed));
      },
    ),
    { numRuns: 200 },
  );
});

test("a chunk that nothing is read behind is not copied: it leaves from where it lay", async () => {
  for (const deed of [Deed.Promise, Deed.Later]) {
    const pending: (() => void)[] = [];
    const connection = new ScriptedConnection(framesExtension(pending));
    const memory = new Set<ArrayBufferLike>();
    let kept = 0;
    const { send, keepChunk } = connection;
    connection.send = (direction, bytes) => {
      memory.add(bytes.buffer);
      return send.call(connection, direction, bytes);
    };
    connection.keepChunk = (direction) => {
      kept++;
      return keepChunk.call(connection, direction);
    };
    const bytes = Buffer.concat([frame(deed, 10_000, 1), frame(deed, 20_000, 2), frame(deed, 30_000, 3)]);
    connection.fromClient(bytes);
    assert.equal(connection.paused.original, true);
    await settle(pending);
    assert.equal(connection.paused.original, false);
    assert.equal(kept, 1, "asked once for a chunk");
    assert.equal(memory.size, 1, "three frames left from one area");
    assert.ok(Buffer.from(connection.takeToServer(), "latin1").equals(bytes));
  }
});

test("whoever cannot leave a chunk alone changes nothing", async () => {
  const pending: (() => void)[] = [];
  const connection = new ScriptedConnection(framesExtension(pending));
  connection.keepChunk = () => false;
  const bytes = Buffer.concat([frame(Deed.Promise, 10_000, 1), frame(Deed.Later, 20_000, 2)]);
  connection.fromClient(bytes);
  await settle(pending);
  assert.ok(Buffer.from(connection.takeToServer(), "latin1").equals(bytes));
});

test("what may be undecided is bounded, wherever it lies", () => {
  const pending: (() => void)[] = [];
  const connection = new ScriptedConnection(framesExtension(pending), { limits: { undecidedBytesMax: 100_000 } });
  const bytes = frame(Deed.Later, 200_000, 1);
  connection.fromClient(bytes.subarray(0, 60_000));
  assert.equal(connection.paused.original, true);
  // Given although the direction is paused.
  connection.fromClient(bytes.subarray(60_000, 120_000));
  assert.equal(connection.closeReason?.kind, "limit");
  assert.equal(connection.takeToServer(), "");
});

test("the end of the other direction does not read on for a parser that will be woken", async () => {
  const pending: (() => void)[] = [];
  const connection = new ScriptedConnection(framesExtension(pending));
  connection.fromClient(frame(Deed.Later, 10_000, 1));
  connection.fromServer("", true);
  assert.equal(connection.paused.original, true);
  await settle(pending);
  assert.equal(connection.paused.original, false);
  assert.equal(connection.takeToServer().length, HEAD_BYTES + 10_000);
});
