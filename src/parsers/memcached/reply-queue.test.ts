import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Expected, ReplyQueue } from "./reply-queue.ts";

interface Entry {
  readonly kind: Expected;
  readonly opcode: number;
  readonly opaque: number;
}

/** Takes the replies one by one. */
function drain(queue: ReplyQueue): Entry[] {
  const entries: Entry[] = [];
  for (let kind = queue.kind; kind !== -1; kind = queue.kind) {
    entries.push({ kind, opcode: queue.opcode, opaque: queue.opaque });
    queue.pop();
  }
  return entries;
}

const entry: fc.Arbitrary<Entry> = fc.record(
  {
    kind: fc.constantFrom(Expected.Line, Expected.Values, Expected.Packet, Expected.Answer),
    opcode: fc.constantFrom(0, 1),
    opaque: fc.constantFrom(0, 0, 0xffff_ffff),
  },
  { noNullPrototype: true },
);

describe("the queue of outstanding replies", () => {
  it("gives back what was put in, in order, however it grows and turns", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 100 }), fc.array(entry, { maxLength: 100 }), (first, second) => {
        const queue = new ReplyQueue();
        for (const { kind, opcode, opaque } of first) queue.push(kind, opcode, 0, opaque);
        const half = first.length >> 1;
        for (let count = 0; count < half; count++) queue.pop();
        for (const { kind, opcode, opaque } of second) queue.push(kind, opcode, 0, opaque);
        const left = [...first.slice(half), ...second];
        assert.equal(queue.outstanding, left.length);
        assert.deepEqual(drain(queue), left);
        assert.equal(queue.outstanding, 0);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps equal neighbours as one entry", () => {
    const queue = new ReplyQueue();
    for (let count = 0; count < 2_048; count++) queue.push(Expected.Values);
    assert.equal(queue.count, 2_048);
    assert.equal(queue.outstanding, 2_048);
  });

  it("counts nothing behind replies that may or may not come, until a fence", () => {
    const queue = new ReplyQueue();
    queue.push(Expected.Line);
    assert.equal(queue.needsFence, false);
    for (const kind of [Expected.Unknown, Expected.Line, Expected.Unknown, Expected.Values]) queue.push(kind);
    assert.equal(queue.needsFence, true);
    queue.push(Expected.Fence, 4, 8, 77);
    assert.equal(queue.needsFence, false);
    queue.push(Expected.Answer);
    assert.deepEqual(
      drain(queue).map(({ kind }) => kind),
      [Expected.Line, Expected.Unknown, Expected.Fence, Expected.Answer],
    );
  });

  it("turns one fence after the other into its answer", () => {
    const queue = new ReplyQueue();
    queue.push(Expected.Fence, 4, 8, 77);
    queue.push(Expected.Fence, 4, 8, 77);
    queue.fenceToAnswer();
    assert.deepEqual([queue.kind, queue.opcode, queue.status, queue.opaque], [Expected.Answer, 4, 8, 77]);
    queue.pop();
    assert.equal(queue.kind, Expected.Fence);
  });
});
