import type { AccessLogRecord } from "../api/access-log-record.ts";
import type { RingEvent } from "./event-ring.ts";

/** What everybody outside of the process sees of an event. Made only where somebody looks. */
export function toRecord(event: RingEvent): AccessLogRecord {
  const { connection, origin } = event;
  return {
    time: new Date(event.timeMs).toISOString(),
    type: event.type,
    verdict: event.verdict,
    proto: connection.proto,
    direction: connection.ingress ? "ingress" : "egress",
    source: connection.source,
    destination: connection.destination,
    ...(origin !== undefined && { policy: origin.policy, rule: origin.rule }),
    fields: event.fields,
  };
}
