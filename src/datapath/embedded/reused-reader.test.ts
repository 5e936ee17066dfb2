import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { ReusedReader } from "./reused-reader.ts";

/** Bytes and what they must still be. */
interface Holding {
  readonly memory: Uint8Array;
  readonly copy: Buffer;
}

function holding(memory: Uint8Array): Holding {
  return { memory, copy: Buffer.from(memory) };
}

/** A socket that takes nothing until it is told to. */
class SlowSink {
  waiting: Holding[] = [];

  get writableLength(): number {
    return this.waiting.reduce((sum, { memory }) => sum + memory.length, 0);
  }
}

/** Stands for node:net: reads random bytes into the reader's memory. */
class Source {
  readonly reader = new ReusedReader();
  readonly areas = new Set<ArrayBufferLike>();
  private readonly area: () => Uint8Array;

  constructor() {
    const { buffer } = this.reader.onread;
    this.area = typeof buffer === "function" ? buffer : () => buffer;
  }

  /** @param part Of the memory there is. */
  read(part: number, seed: number): void {
    const area = this.area();
    this.areas.add(area.buffer);
    const length = Math.max(1, Math.floor(part * area.length));
    for (let at = 0; at < length; at++) area[at] = (at * 7 + seed) & 0xff;
    this.reader.onread.callback(length, area);
  }
}

const reading = fc.record({
  part: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  keeps: fc.boolean(),
  /** Of the chunk, to be written by a sink that is slow. */
  sends: fc.constantFrom("nothing", "forth", "back"),
  /** What was kept is sent when it is not needed any more, but before anything else is read. */
  sendsKept: fc.boolean(),
  drains: fc.boolean(),
});

test("memory that is kept, or waits to be written, is not read into", () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 30 }), (readings) => {
      const source = new Source();
      const [forth, back] = [new SlowSink(), new SlowSink()];
      let kept: Holding | undefined;
      let turn = 0;
      const check = (): void => {
        for (const { memory, copy } of [...forth.waiting, ...back.waiting, ...(kept === undefined ? [] : [kept])]) {
          assert.ok(copy.equals(memory));
        }
      };
      source.reader.attach(
        (chunk) => {
          const { keeps, sends } = readings[turn] as (typeof readings)[number];
          check();
          if (keeps) assert.equal(source.reader.keep(), true);
          if (sends !== "nothing") (sends === "forth" ? forth : back).waiting.push(holding(chunk.subarray(1)));
          kept = keeps ? holding(chunk) : undefined;
        },
        [forth, back] as unknown as Socket[],
      );
      for (; turn < readings.length; turn++) {
        const { part, sendsKept, drains } = readings[turn] as (typeof readings)[number];
        source.read(part, turn * 13 + 1);
        check();
        if (sendsKept && kept !== undefined) forth.waiting.push(kept);
        if (!drains) continue;
        forth.waiting = [];
        back.waiting = [];
      }
      check();
    }),
    { numRuns: 500 },
  );
});

test("two areas in turn serve whoever keeps every chunk, and one whoever keeps none", () => {
  for (const [keeps, areas] of [
    [true, 2],
    [false, 1],
  ] as const) {
    const source = new Source();
    source.reader.attach(() => keeps && source.reader.keep(), []);
    // The first one fills the small area that every connection begins with.
    source.read(1, 0);
    source.areas.clear();
    for (let turn = 0; turn < 100; turn++) source.read(1, turn);
    assert.equal(source.areas.size, areas);
  }
});

test("outside of a call there is no chunk to be kept", () => {
  const source = new Source();
  assert.equal(source.reader.keep(), false);
  source.reader.attach(() => {}, []);
  source.read(0.5, 1);
  assert.equal(source.reader.keep(), false);
  source.read(0.5, 1);
  assert.equal(source.areas.size, 1);
});
