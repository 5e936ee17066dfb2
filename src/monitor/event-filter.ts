import type { RecordVerdict } from "../api/access-log-record.ts";
import { type EventType, eventTypeOf } from "../api/monitor-event.ts";
import { parseSocketAddress } from "../lib/ip/address.ts";
import type { Peer } from "../proxylib/connection.ts";
import type { RecordedConnection } from "../proxylib/record-sink.ts";
import type { RingAgentEvent, RingEvent, RingRecord } from "./event-ring.ts";
import { type PeerSelector, type SelectablePeer, selectsPeer } from "./peer-selector.ts";

/** What a filter asks of an event. Several values of one kind: any of them. An empty list asks nothing. */
export interface EventConditions {
  readonly from: readonly PeerSelector[];
  readonly to: readonly PeerSelector[];
  /** Either side. */
  readonly relatedTo: readonly PeerSelector[];
  readonly type: readonly EventType[];
  readonly verdict: readonly RecordVerdict[];
  readonly proto: readonly string[];
  /** Name of the policy whose rule decided. */
  readonly policy: readonly string[];
}

/** Events that fulfil every kind of `include`, and of which no value of `exclude` is true. */
export interface EventFilter {
  readonly include: EventConditions;
  readonly exclude: EventConditions;
}

export type EventPredicate = (event: RingEvent) => boolean;

/** The filter as a function. It remembers what it found out of each connection. */
export function compileFilter(filter: EventFilter): EventPredicate {
  const { include, exclude } = filter;
  const bySides = compileSides(filter);
  return (event) => {
    if (event.agent !== undefined) return wantsAgentEvent(filter, event);
    return (
      (include.type.length === 0 || include.type.includes(eventTypeOf(event.type, event.verdict))) &&
      !exclude.type.includes(eventTypeOf(event.type, event.verdict)) &&
      (include.verdict.length === 0 || include.verdict.includes(event.verdict)) &&
      !exclude.verdict.includes(event.verdict) &&
      (include.policy.length === 0 || hasPolicy(include.policy, event)) &&
      !hasPolicy(exclude.policy, event) &&
      bySides(event.connection)
    );
  };
}

/** What does not change within a connection: its sides and its protocol. Looked at once. */
function compileSides({ include, exclude }: EventFilter): (connection: RecordedConnection) => boolean {
  const asked = [include, exclude].flatMap(({ from, to, relatedTo, proto }) => [from, to, relatedTo, proto]);
  if (asked.every((list) => list.length === 0)) return () => true;
  const known = new WeakMap<RecordedConnection, boolean>();
  return (connection) => {
    let wanted = known.get(connection);
    if (wanted === undefined) {
      const source = selectable(connection.source);
      const destination = selectable(connection.destination);
      wanted =
        sideFits(include.from, [source]) &&
        sideFits(include.to, [destination]) &&
        sideFits(include.relatedTo, [source, destination]) &&
        (include.proto.length === 0 || include.proto.includes(connection.proto)) &&
        !sideSelected(exclude.from, [source]) &&
        !sideSelected(exclude.to, [destination]) &&
        !sideSelected(exclude.relatedTo, [source, destination]) &&
        !exclude.proto.includes(connection.proto);
      known.set(connection, wanted);
    }
    return wanted;
  };
}

/** Events of the agent have no sides, no verdict and no protocol: whoever asks for one of these does not mean them. */
function wantsAgentEvent({ include, exclude }: EventFilter, { agent: { message } }: RingAgentEvent): boolean {
  const about: SelectablePeer = { identity: message.identity, labels: message.labels, endpoint: message.endpoint };
  const hasOneOf = (policies: readonly string[]): boolean =>
    message.policies?.some((policy) => policies.includes(policy)) ?? false;
  return (
    (include.type.length === 0 || include.type.includes("agent")) &&
    !exclude.type.includes("agent") &&
    [include.from, include.to, include.verdict, include.proto].every((list) => list.length === 0) &&
    sideFits(include.relatedTo, [about]) &&
    !sideSelected(exclude.relatedTo, [about]) &&
    (include.policy.length === 0 || hasOneOf(include.policy)) &&
    !hasOneOf(exclude.policy)
  );
}

function hasPolicy(policies: readonly string[], { origin }: RingRecord): boolean {
  return origin !== undefined && policies.includes(origin.policy);
}

function sideFits(selectors: readonly PeerSelector[], sides: readonly SelectablePeer[]): boolean {
  return selectors.length === 0 || sideSelected(selectors, sides);
}

function sideSelected(selectors: readonly PeerSelector[], sides: readonly SelectablePeer[]): boolean {
  return selectors.some((selector) => sides.some((side) => selectsPeer(selector, side)));
}

function selectable({ identity, labels, endpoint, address }: Peer): SelectablePeer {
  return { identity, labels, endpoint, socket: parseSocketAddress(address) };
}
