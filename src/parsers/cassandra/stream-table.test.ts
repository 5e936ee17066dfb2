import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Decided } from "../../proxylib/connection.ts";
import { STREAMS_MAX } from "./frame.ts";
import type { Asked } from "./resolved-statement.ts";
import { StreamTable } from "./stream-table.ts";

function askedAs(index: number): { readonly asked: Asked; readonly decided: Decided } {
  const asked: Asked = { opcode: index, fields: {}, use: false, open: false, prepares: undefined };
  return { asked, decided: { index } as unknown as Decided };
}

test("what is in flight is found under its stream, whatever began and ended before", () => {
  const stream = fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: STREAMS_MAX - 1 }), fc.constant(STREAMS_MAX - 1));
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 200 }), (streams) => {
      const table = new StreamTable();
      const model = new Map<number, ReturnType<typeof askedAs>>();
      for (const [index, next] of streams.entries()) {
        // Each time that a stream comes up it begins or ends.
        if (model.delete(next)) {
          table.end(next);
        } else {
          const request = askedAs(index);
          model.set(next, request);
          table.begin(next, request.asked, request.decided);
        }
        for (const one of streams) {
          assert.equal(table.get(one), model.get(one)?.asked);
          assert.equal(table.decidedOf(one), model.get(one)?.decided);
        }
      }
    }),
  );
});

test("no other number is in flight, and the end of what is free changes nothing", () => {
  const table = new StreamTable();
  for (const stream of [0, 63, 64, STREAMS_MAX - 1]) table.end(stream);
  const { asked, decided } = askedAs(1);
  table.begin(7, asked, decided);
  for (const stream of [-1, -32_768, 0, 6, 8, 64, STREAMS_MAX - 1, STREAMS_MAX]) {
    assert.equal(table.get(stream), undefined);
    assert.equal(table.decidedOf(stream), undefined);
  }
  assert.equal(table.get(7), asked);
});
