import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyEvent } from "../../test/support/monitor-events.ts";
import { EVENT_TYPES } from "../api/monitor-event.ts";
import { compileFilter, type EventConditions } from "./event-filter.ts";
import type { RingEvent } from "./event-ring.ts";
import { type PeerSelector, parsePeerSelector } from "./peer-selector.ts";
import { anyConnection } from "./testing/any-connection.ts";
import { filterOf } from "./testing/any-filter.ts";

const SELECTORS = ["web", "300", "256", "app=web", "k8s:app=web", "reserved:world", "unspec:app", "10.0.0.7"];
const MORE_SELECTORS = ["10.0.0.0/8", "::/0", "10.0.0.7:443", "[2001:db8::1]:443"];

/** What a selector says of a peer, written down once more as simply as can be. */
function fits(
  text: string,
  peer: { identity?: number; labels?: readonly string[]; endpoint?: string; address?: string },
) {
  const [, v4 = "", v6 = "", port = ""] = /^(?:([\d.]+)|\[(.*)\]):(\d+)$/.exec(peer.address ?? "") ?? [];
  switch (text) {
    case "web":
      return peer.endpoint === "web";
    case "300":
    case "256":
      return peer.identity === Number(text) || peer.endpoint === text;
    case "app=web":
      return (peer.labels ?? []).some((label) => label.endsWith(":app=web"));
    case "10.0.0.7":
      return v4 === text;
    case "10.0.0.0/8":
      return v4.startsWith("10.");
    case "::/0":
      return v6 !== "";
    case "10.0.0.7:443":
      return `${v4}:${port}` === text;
    case "[2001:db8::1]:443":
      return `[${v6}]:${port}` === text;
    default:
      return (peer.labels ?? []).includes(text);
  }
}

type Texts = { [K in keyof EventConditions]: string[] };

/** Whether one value of one kind is true of an event. */
function isTrue(kind: keyof EventConditions, value: string, event: RingEvent): boolean {
  if (event.agent !== undefined) {
    const { message } = event.agent;
    if (kind === "type") return value === "agent";
    if (kind === "policy") return (message.policies ?? []).includes(value);
    return kind === "relatedTo" && fits(value, message);
  }
  const { connection, type, verdict, origin } = event;
  const refused = verdict === "Denied" || verdict === "Error";
  const eventType = type === "Connection" ? (refused ? "drop" : "policy-verdict") : "l7";
  const kinds: { [K in keyof EventConditions]: boolean } = {
    from: fits(value, connection.source),
    to: fits(value, connection.destination),
    relatedTo: fits(value, connection.source) || fits(value, connection.destination),
    type: eventType === value,
    verdict: verdict === value,
    proto: connection.proto === value,
    policy: origin?.policy === value,
  };
  return kinds[kind];
}

function naive(include: Texts, exclude: Texts, event: RingEvent): boolean {
  const kinds = Object.keys(include) as (keyof EventConditions)[];
  return (
    kinds.every((kind) => include[kind].length === 0 || include[kind].some((value) => isTrue(kind, value, event))) &&
    kinds.every((kind) => exclude[kind].every((value) => !isTrue(kind, value, event)))
  );
}

function conditions(texts: Texts): EventConditions {
  const peers = (list: readonly string[]): PeerSelector[] =>
    list.map((text) => parsePeerSelector(text) as PeerSelector);
  const { from, to, relatedTo, ...rest } = texts;
  return { ...rest, from: peers(from), to: peers(to), relatedTo: peers(relatedTo) } as EventConditions;
}

const few = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.array(fc.constantFrom(...values), { maxLength: 2 }));
const anyTexts: fc.Arbitrary<Texts> = fc.record({
  from: few([...SELECTORS, ...MORE_SELECTORS]),
  to: few([...SELECTORS, ...MORE_SELECTORS]),
  relatedTo: few([...SELECTORS, ...MORE_SELECTORS]),
  type: few(EVENT_TYPES),
  verdict: few(["Forwarded", "Denied", "Error", "Audit"]),
  proto: few(["tcp", "memcache"]),
  policy: few(["web", "cache"]),
});

test("a filter says what the naive one says, of every event", () => {
  let passed = 0;
  fc.assert(
    fc.property(anyTexts, anyTexts, fc.array(anyEvent, { minLength: 1, maxLength: 10 }), (include, exclude, events) => {
      const wants = compileFilter({ include: conditions(include), exclude: conditions(exclude) });
      for (const event of events) {
        const expected = naive(include, exclude, event);
        if (expected) passed++;
        assert.equal(wants(event), expected);
        // From what it remembers of the connection.
        assert.equal(wants(event), expected);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(passed > 500, `only ${passed} events passed: the test would say little`);
});

test("a connection is looked at once", () => {
  const connection = anyConnection();
  const looks: string[] = [];
  const watched = new Proxy(connection, {
    get: (target, key, receiver) => {
      looks.push(String(key));
      return Reflect.get(target, key, receiver);
    },
  });
  const wants = compileFilter(filterOf({ from: [parsePeerSelector("reserved:world") as PeerSelector] }));
  const event = {
    timeMs: 0,
    connection: watched,
    type: "Request",
    verdict: "Forwarded",
    origin: undefined,
    fields: {},
  };
  assert.equal(wants(event as RingEvent), true);
  const before = looks.length;
  assert.ok(before > 0);
  for (let i = 0; i < 10; i++) wants(event as RingEvent);
  assert.equal(looks.length, before);
});
