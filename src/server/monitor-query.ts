import { z } from "zod";
import type { RecordVerdict } from "../api/access-log-record.ts";
import { EVENT_TYPES, type EventType } from "../api/monitor-event.ts";
import { FILTER_VALUES_MAX, HISTORY_EVENTS_MAX } from "../api/monitor-protocol.ts";
import type { EventFilter } from "../monitor/event-filter.ts";
import type { HistoryRequest } from "../monitor/history.ts";
import { type PeerSelector, parsePeerSelector } from "../monitor/peer-selector.ts";
import { parseSince } from "../monitor/since.ts";
import { numberText } from "./field-schemas.ts";

const NAME_LENGTH_MAX = 512;

/** What may be given several times comes as a text or as a list of texts. */
function several<T>(one: z.ZodType<T>, description: string): z.ZodType<readonly T[]> {
  return z
    .preprocess((given) => (typeof given === "string" ? [given] : (given ?? [])), z.array(one).max(FILTER_VALUES_MAX))
    .optional()
    .transform((list) => list ?? [])
    .describe(description);
}

const peer = z.string().transform((text, context): PeerSelector => {
  const parsed = parsePeerSelector(text);
  if (!("error" in parsed)) return parsed;
  context.addIssue(parsed.error);
  return z.NEVER;
});
const name = z.string().min(1).max(NAME_LENGTH_MAX);
const verdict = z.enum(["Forwarded", "Denied", "Error", "Audit"]);
const type = z.enum(EVENT_TYPES);

const PEER = "endpoint, identity, label, address, network or address:port";
const LEFT_OUT = "what fits is left out";

/** A query that was checked. */
export interface MonitorQueryValues {
  readonly from: readonly PeerSelector[];
  readonly to: readonly PeerSelector[];
  readonly "related-to": readonly PeerSelector[];
  readonly type: readonly EventType[];
  readonly verdict: readonly RecordVerdict[];
  readonly proto: readonly string[];
  readonly policy: readonly string[];
  readonly "not-from": readonly PeerSelector[];
  readonly "not-to": readonly PeerSelector[];
  readonly "not-related-to": readonly PeerSelector[];
  readonly "not-type": readonly EventType[];
  readonly "not-verdict": readonly RecordVerdict[];
  readonly "not-proto": readonly string[];
  readonly "not-policy": readonly string[];
  readonly since?: string | undefined;
  readonly last?: number | undefined;
  readonly follow?: "true" | "false" | undefined;
}

export const monitorQuery: z.ZodType<MonitorQueryValues> = z
  .strictObject({
    from: several(peer, `source: ${PEER}`),
    to: several(peer, `destination: ${PEER}`),
    "related-to": several(peer, `either side: ${PEER}`),
    type: several(type, "kind of event"),
    verdict: several(verdict, "what became of it"),
    proto: several(name, "the extension that read it, or tcp"),
    policy: several(name, "policy whose rule decided"),
    "not-from": several(peer, LEFT_OUT),
    "not-to": several(peer, LEFT_OUT),
    "not-related-to": several(peer, LEFT_OUT),
    "not-type": several(type, LEFT_OUT),
    "not-verdict": several(verdict, LEFT_OUT),
    "not-proto": several(name, LEFT_OUT),
    "not-policy": several(name, LEFT_OUT),
    since: z
      .string()
      .refine(
        (text) => parseSince(text, 0) !== undefined,
        "is neither a duration (`5m`, `1h30m`) nor a time (RFC 3339)",
      )
      .optional()
      .describe("a duration before now (5m) or a time (RFC 3339)"),
    last: numberText(HISTORY_EVENTS_MAX).optional().describe("so many of the last events that the filters let through"),
    follow: z
      .enum(["true", "false"])
      .optional()
      .describe("go on with what comes; default: yes, unless since or last is given"),
  })
  .readonly();

/** What a checked query asks for. */
export function requestOf(
  query: MonitorQueryValues,
  nowMs: number,
): HistoryRequest & { readonly filter: EventFilter; readonly follow: boolean } {
  const { since, last, follow } = query;
  const { from, to, type, verdict, proto, policy } = query;
  return {
    filter: {
      include: { from, to, relatedTo: query["related-to"], type, verdict, proto, policy },
      exclude: {
        from: query["not-from"],
        to: query["not-to"],
        relatedTo: query["not-related-to"],
        type: query["not-type"],
        verdict: query["not-verdict"],
        proto: query["not-proto"],
        policy: query["not-policy"],
      },
    },
    sinceMs: since === undefined ? undefined : parseSince(since, nowMs),
    last,
    follow: follow === undefined ? since === undefined && last === undefined : follow === "true",
  };
}
