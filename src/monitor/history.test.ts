import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileFilter } from "./event-filter.ts";
import { EventRing } from "./event-ring.ts";
import { historyStart } from "./history.ts";
import { anyConnection } from "./testing/any-connection.ts";
import { filterOf } from "./testing/any-filter.ts";

test("the past is what a plain list would give", () => {
  const wanted = compileFilter(filterOf({ verdict: ["Denied"] }));
  fc.assert(
    fc.property(
      fc.array(fc.record({ gapMs: fc.nat(5), denied: fc.boolean() }), { maxLength: 40 }),
      fc.option(fc.nat(120), { nil: undefined }),
      fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
      (events, sinceMs, last) => {
        let now = 0;
        const ring = new EventRing({ capacity: 16, clock: { now: () => now } });
        const list: { number: number; timeMs: number; denied: boolean }[] = [];
        for (const { gapMs, denied } of events) {
          now += gapMs;
          ring.record(anyConnection(), "Denied", denied ? "Denied" : "Error", undefined, {});
          list.push({ number: list.length, timeMs: now, denied });
        }
        let expected = list.slice(-16).filter(({ timeMs }) => timeMs >= (sinceMs ?? 0));
        if (last !== undefined) expected = expected.filter(({ denied }) => denied).slice(-last);
        if (sinceMs === undefined && last === undefined) expected = [];
        const start = historyStart(ring, wanted, { sinceMs, last });
        const given = list.slice(start).filter(({ denied }) => last === undefined || denied);
        assert.deepEqual(given, expected);
      },
    ),
    { numRuns: 1_000 },
  );
});
