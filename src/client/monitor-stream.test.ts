import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyEvent } from "../../test/support/monitor-events.ts";
import { JsonEncoder } from "../monitor/json-encoder.ts";
import { ProtobufEncoder } from "../monitor/protobuf-encoder.ts";
import { JsonStream, type MonitorStream, ProtobufStream } from "./monitor-stream.ts";

const KINDS = [
  ["protobuf", () => new ProtobufEncoder(), () => new ProtobufStream()],
  ["JSON lines", () => new JsonEncoder(), () => new JsonStream()],
] as const;

function items(stream: MonitorStream, chunks: readonly Buffer[]): unknown[] {
  return chunks.flatMap((chunk) => [...stream.push(chunk)]);
}

for (const [name, newEncoder, newStream] of KINDS) {
  test(`${name}: a stream says the same however it is cut`, () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 4 }), fc.array(fc.nat()), (events, places) => {
        const encoder = newEncoder();
        for (const event of events) encoder.add(event);
        const bytes = encoder.take();
        const whole = items(newStream(), [bytes]);
        assert.equal(whole.length, events.length);
        const stream = newStream();
        const single = [...bytes].map((byte) => Buffer.of(byte));
        assert.deepEqual(items(stream, single), whole);
        assert.equal(stream.pendingBytes, 0);
        const cuts = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
        const parts = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
        assert.deepEqual(items(newStream(), parts), whole);
      }),
      { numRuns: 100 },
    );
  });
}

test("an event without an end is bounded", () => {
  assert.throws(() => items(new JsonStream(), [Buffer.alloc(1_048_577, 0x20)]), { code: "WEIR_LIMIT_EXCEEDED" });
  const lengths = [
    [0x81, 0x80, 0x40], // 2^20 + 1
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  ];
  for (const bytes of lengths) {
    assert.throws(() => items(new ProtobufStream(), [Buffer.from(bytes)]), { code: "WEIR_LIMIT_EXCEEDED" });
  }
  assert.deepEqual(items(new ProtobufStream(), [Buffer.from([0x80, 0x80, 0x40])]), [], "2^20 is allowed");
});

test("bytes that are no events are an error, whatever they are", () => {
  assert.throws(() => items(new JsonStream(), [Buffer.from("<html>\n")]), { code: "WEIR_API_FAILED" });
  assert.throws(() => items(new ProtobufStream(), [Buffer.from([3, 0x12, 9, 1])]), { code: "WEIR_API_FAILED" });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        items(new ProtobufStream(), [Buffer.from(bytes)]);
      } catch (error) {
        assert.match((error as { code: string }).code, /^WEIR_/);
      }
    }),
    { numRuns: 2_000 },
  );
});
