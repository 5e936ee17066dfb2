import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AccessLogRecord } from "../api/access-log-record.ts";
import type { NumericIdentity, Port } from "../api/identity.ts";
import type { RingRecord } from "../monitor/event-ring.ts";
import { LineBuffer } from "./line-buffer.ts";
import { LineRenderer } from "./line-renderer.ts";

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  // Lone surrogates and whatever else 16 bits can be.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const anyPeer = fc.record(
  {
    identity: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((id) => id as NumericIdentity),
    labels: fc.array(anyText, { maxLength: 3 }),
    address: anyText,
    endpoint: anyText,
  },
  { requiredKeys: ["identity", "labels", "address"] },
);
const anyEvent: fc.Arbitrary<RingRecord> = fc.record({
  timeMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  connection: fc.record({
    id: fc.nat(),
    ingress: fc.boolean(),
    source: anyPeer,
    destination: anyPeer,
    policyName: anyText,
    port: fc.constant(1 as Port),
    proto: anyText,
    config: fc.constant({}),
  }),
  type: fc.constantFrom("Request", "Response", "Denied", "Connection"),
  verdict: fc.constantFrom("Forwarded", "Denied", "Error", "Audit"),
  origin: fc.option(
    fc.record(
      {
        policy: anyText,
        rule: anyText,
        labels: fc.constant([]),
        effect: fc.constantFrom("deny" as const, "missing" as const),
      },
      { requiredKeys: ["policy", "rule", "labels"] },
    ),
    { nil: undefined },
  ),
  fields: fc.dictionary(anyText, anyText, { maxKeys: 4 }),
});

function recordOf({ timeMs, type, verdict, connection, origin, fields }: RingRecord): AccessLogRecord {
  return {
    time: new Date(timeMs).toISOString(),
    type,
    verdict,
    proto: connection.proto,
    direction: connection.ingress ? "ingress" : "egress",
    source: connection.source,
    destination: connection.destination,
    ...(origin !== undefined && { policy: origin.policy, rule: origin.rule }),
    ...(origin?.effect !== undefined && { effect: origin.effect }),
    fields,
  };
}

function lineOf(renderer: LineRenderer, event: RingRecord): string {
  const buffer = new LineBuffer();
  renderer.render(event, buffer);
  buffer.endLine();
  return buffer.take()?.bytes.toString("latin1") ?? "";
}

test("every line is one line of ASCII and parses to exactly the record", () => {
  // One renderer for all: what it keeps from one event must not show in another.
  const renderer = new LineRenderer();
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 5 }), (events) => {
      for (const event of [...events, ...events]) {
        const line = lineOf(renderer, event);
        assert.match(line, /^[\x20-\x7e]*\n$/);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(recordOf(event))));
      }
    }),
  );
});

test("members come in the order of the record, so that lines are easy to read", () => {
  const event: RingRecord = {
    timeMs: Date.UTC(2026, 10, 5, 10, 0, 0, 7),
    connection: {
      ingress: true,
      source: {
        identity: 256 as NumericIdentity,
        labels: ["unspec:a=b"],
        address: "127.0.1.1:40000",
        endpoint: "fleet",
      },
      destination: { identity: 257 as NumericIdentity, labels: [], address: "[::1]:11211" },
      proto: "memcache",
    },
    type: "Request",
    verdict: "Forwarded",
    origin: { policy: "rebels", rule: "spec.ingress[0]", labels: [] },
    fields: { command: "get", keys: "é\u0000" },
  };
  assert.equal(
    lineOf(new LineRenderer(), event),
    '{"time":"2026-11-05T10:00:00.007Z","type":"Request","verdict":"Forwarded","proto":"memcache","direction":"ingress",' +
      '"source":{"identity":256,"labels":["unspec:a=b"],"address":"127.0.1.1:40000","endpoint":"fleet"},' +
      '"destination":{"identity":257,"labels":[],"address":"[::1]:11211"},' +
      '"policy":"rebels","rule":"spec.ingress[0]","fields":{"command":"get","keys":"\\u00e9\\u0000"}}\n',
  );
});
