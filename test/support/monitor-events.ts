import fc from "fast-check";
import type { NumericIdentity } from "../../src/api/identity.ts";
import type { AgentEvent } from "../../src/api/monitor-event.ts";
import type { RingAgentEvent, RingEvent, RingRecord } from "../../src/monitor/event-ring.ts";
import type { Peer } from "../../src/proxylib/connection.ts";
import type { RecordedConnection } from "../../src/proxylib/record-sink.ts";

const name = fc.constantFrom("web", "cache", "300", "bulk");
const label = fc.constantFrom("unspec:app=web", "k8s:app=web", "k8s:app=cache", "reserved:world", "unspec:app");
const address = fc.constantFrom("10.0.0.7:443", "10.0.0.7:80", "10.1.2.3:443", "[2001:db8::1]:443", "[::1]:80");
const identity = fc.constantFrom(2, 256, 300);
const text = fc.string({ unit: "binary" });

const peer: fc.Arbitrary<Peer> = fc
  .record(
    { identity, labels: fc.array(label, { maxLength: 3 }), address, endpoint: name },
    { requiredKeys: ["identity", "labels", "address"] },
  )
  .map(({ identity, ...rest }) => ({ identity: identity as NumericIdentity, ...rest }));

const connection: fc.Arbitrary<RecordedConnection> = fc.record({
  ingress: fc.boolean(),
  source: peer,
  destination: peer,
  proto: fc.constantFrom("tcp", "memcache", "r2d2"),
});

/** Text as parsers make it of bytes that are no UTF-8. */
const rawText = fc.uint8Array({ maxLength: 20 }).map((bytes) => {
  // 0xff begins no character, so that the bytes stay apart.
  const raw = [...bytes].map((byte) => String.fromCharCode(0xdcff, 0xdc80 + (byte & 0x7f)));
  return raw.join("");
});
const fieldName = fc.oneof(fc.constantFrom("command", "keys", "status", "__proto__"), text);

/** Records that a ring may hold. */
export const anyRecord: fc.Arbitrary<RingRecord> = fc.record({
  timeMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  connection,
  type: fc.constantFrom("Request", "Response", "Denied", "Connection"),
  verdict: fc.constantFrom("Forwarded", "Denied", "Error", "Audit"),
  origin: fc.option(
    fc
      .record(
        { policy: name, rule: text, labels: fc.constant([]), effect: fc.constantFrom("deny", "missing") },
        { requiredKeys: ["policy", "rule", "labels"] },
      )
      .map((origin) => origin),
    { nil: undefined },
  ),
  fields: fc
    .array(fc.tuple(fieldName, fc.oneof(text, rawText)), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
});

const agentEvent: fc.Arbitrary<AgentEvent> = fc.record({
  subtype: fc.constantFrom("Agent started", "Policy updated", "Endpoint regenerated", "Host ended"),
  message: fc.record(
    {
      version: text,
      endpoint: name,
      identity,
      labels: fc.array(label, { minLength: 1, maxLength: 3 }),
      policies: fc.array(name, { minLength: 1, maxLength: 3 }),
      revision: fc.nat(),
      ruleCount: fc.nat(),
      listeners: fc.array(address, { minLength: 1, maxLength: 2 }),
      settings: fc.dictionary(text, text, { minKeys: 1, maxKeys: 2 }),
      error: text,
      host: fc.nat(),
      pid: fc.nat(),
      extensions: fc.array(name, { minLength: 1, maxLength: 3 }),
      connections: fc.nat(),
      recordsLost: fc.nat(),
    },
    { requiredKeys: [] },
  ),
});

/** Agent events that a ring may hold. */
export const anyAgentEvent: fc.Arbitrary<RingAgentEvent> = fc.record({
  timeMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  agent: agentEvent,
});

export const anyEvent: fc.Arbitrary<RingEvent> = fc.oneof({ weight: 4, arbitrary: anyRecord }, anyAgentEvent);
