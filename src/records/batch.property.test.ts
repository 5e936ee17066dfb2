import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyRecord } from "../../test/support/monitor-events.ts";
import { LineBuffer } from "../accesslog/line-buffer.ts";
import { LineRenderer } from "../accesslog/line-renderer.ts";
import type { RingRecord } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { BatchDecoder } from "./batch-decoder.ts";
import { BatchEncoder } from "./batch-encoder.ts";
import { nextAfter } from "./batch-header.ts";
import { FIELDS_MAX } from "./batch-layout.ts";

const INSTANCE = "host-instance";

function add(encoder: BatchEncoder, { timeMs, connection, type, verdict, origin, fields }: RingRecord): void {
  assert.equal(encoder.add(timeMs, connection, type, verdict, origin, fields), "added");
}

/** What a decoder makes of one batch. */
function decoded(decoder: BatchDecoder, bytes: Uint8Array): { first: number; lost: number; records: RingRecord[] } {
  const batch = decoder.decode(bytes);
  assert.ok(!("malformed" in batch), "malformed" in batch ? batch.malformed : "");
  assert.equal(batch.header.instance, INSTANCE);
  const records: RingRecord[] = [];
  batch.deliver({
    recordAt(timeMs, connection, type, verdict, origin, source, at) {
      const record = { timeMs, connection, type, verdict, origin, fields: source.read(at) };
      assert.equal(lineOf({ ...record, source, at }), lineOf(record), "the same line, from bytes or from texts");
      records.push(record);
    },
  });
  assert.equal(records.length, batch.header.records);
  return { first: batch.header.first, lost: batch.header.lost, records };
}

/** Of the access log. */
function lineOf(record: RingRecord): string {
  const line = new LineBuffer();
  new LineRenderer().render(record, line);
  line.endLine();
  return line.take()?.bytes.toString("latin1") ?? "";
}

test("a line is the same from bytes as from texts, however many names it has", () => {
  for (const count of [0, 1, 64, 65, FIELDS_MAX]) {
    const fields = Object.fromEntries(Array.from({ length: count }, (_, at) => [`é"${at}`, `${at}\n`]));
    const record: RingRecord = {
      timeMs: 7,
      connection: anyConnection(),
      type: "Request",
      verdict: "Forwarded",
      origin: undefined,
      fields,
    };
    const encoder = new BatchEncoder(INSTANCE);
    add(encoder, record);
    const { records } = decoded(new BatchDecoder(), encoder.take());
    assert.deepEqual(Object.entries(records[0]?.fields ?? {}), Object.entries(fields));
  }
});

/** Whatever prototypes the objects have; the fields in their order. */
function plain(records: readonly RingRecord[]): unknown {
  return records.map((record) => JSON.parse(JSON.stringify({ ...record, fields: Object.entries(record.fields) })));
}

test("what is decoded is what was encoded, whatever it is, in numbered batches that can be read in any order", () => {
  const step = fc.record({ record: anyRecord, ends: fc.boolean(), loses: fc.nat({ max: 2 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const encoder = new BatchEncoder(INSTANCE);
      const made: { bytes: Uint8Array; records: RingRecord[]; lost: number }[] = [];
      let records: RingRecord[] = [];
      let lost = 0;
      for (const { record, ends, loses } of steps) {
        add(encoder, record);
        records.push(record);
        for (let left = loses; left > 0; left--) encoder.addLost();
        lost += loses;
        if (!ends) continue;
        made.push({ bytes: encoder.take(), records, lost });
        records = [];
        lost = 0;
      }
      made.push({ bytes: encoder.take(), records, lost });
      let next = 0;
      const numbered = made.map((batch) => {
        const first = next;
        next += batch.records.length + batch.lost;
        return { ...batch, first };
      });
      assert.equal(encoder.next, next);
      const decoder = new BatchDecoder();
      for (const batch of [...numbered, ...numbered.toReversed()]) {
        const back = decoded(decoder, batch.bytes);
        assert.deepEqual([back.first, back.lost], [batch.first, batch.lost]);
        assert.deepEqual(plain(back.records), plain(batch.records));
      }
    }),
  );
});

test("bytes that are no batch, or not any more, are refused whole, and leave the decoder as good as before", () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
  const decoder = new BatchDecoder();
  let read = 0;
  let refused = 0;
  const look = (bytes: Uint8Array): void => {
    const batch = decoder.decode(bytes);
    if ("malformed" in batch) {
      refused++;
      assert.ok(batch.malformed.length > 5);
      return;
    }
    read++;
    let count = 0;
    batch.deliver({ recordAt: () => void count++ });
    assert.equal(count, batch.header.records);
    assert.ok(Number.isSafeInteger(nextAfter(batch.header)));
  };
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 4 }),
      fc.array(change),
      fc.nat(),
      (records, changes, cut) => {
        const encoder = new BatchEncoder(INSTANCE);
        for (const record of records) add(encoder, record);
        const whole = encoder.take();
        const changed = Uint8Array.from(whole);
        for (const { at, byte } of changes) changed[at % changed.length] = byte;
        look(changed);
        const before = refused;
        look(whole.subarray(0, cut % whole.length));
        look(Uint8Array.from([...whole, ...whole]));
        assert.equal(refused, before + 2);
        assert.deepEqual(plain(decoded(decoder, whole).records), plain(records));
      },
    ),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => look(bytes)));
  assert.ok(read > 0 && refused > 0);
});
