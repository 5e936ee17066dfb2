import { LABELS_MAX } from "../../labels/label-set.ts";
import { type IpAddress, parseSocketAddress } from "../../lib/ip/address.ts";

/** One side of an observed connection. */
export interface ObservedSide {
  readonly identity: number;
  /** `source:key=value` */
  readonly labels: readonly string[];
  readonly address: IpAddress;
  readonly endpoint: string | undefined;
}

/** What one record of the access log says that policy can be made from. */
export interface Observation {
  readonly timeMs: number;
  readonly direction: "ingress" | "egress";
  /** It was refused. */
  readonly denied: boolean;
  /** The side whose policy decided. */
  readonly subject: ObservedSide;
  readonly peer: ObservedSide;
  /** The destination's. */
  readonly port: number;
  /** Absent: a connection whose requests nobody read. */
  readonly request?: { readonly proto: string; readonly fields: Readonly<Record<string, string>> };
}

/**
 * Why something that was read gives no policy: `foreign`: no record at all; `silent`: a record or event that says nothing
 * of what was asked; `failed`: what came could not be understood, or failed; `deny-rule`: a rule refuses it, and no rule
 * that allows could change that; `lost`: here records are missing.
 */
export type Unused =
  | { readonly unused: "foreign" | "silent" | "failed" | "deny-rule" }
  | { readonly unused: "lost"; readonly count: number };

const FOREIGN: Unused = { unused: "foreign" };
const SILENT: Unused = { unused: "silent" };
const FAILED: Unused = { unused: "failed" };
const DENY_RULE: Unused = { unused: "deny-rule" };
const PLAIN_TCP = "tcp";

type Members = Readonly<Record<string, unknown>>;

/** Reads one value of JSON: a line of the access log, or an item of the monitor's stream. It may be anything. */
export function readObservation(value: unknown): Observation | Unused {
  if (!isMembers(value)) return FOREIGN;
  const lost = own(value, "lost");
  if (typeof lost === "number") return { unused: "lost", count: lost };
  const type = own(value, "type");
  if (type === "agent") return lostWithProcess(own(value, "message"));
  if (type === "Response") return SILENT;
  const verdict = own(value, "verdict");
  const direction = own(value, "direction");
  const proto = own(value, "proto");
  const fields = own(value, "fields");
  const timeMs = timeOf(own(value, "time"));
  const source = readSide(own(value, "source"));
  const destination = readSide(own(value, "destination"));
  if (typeof proto !== "string" || !isMembers(fields) || timeMs === undefined) return FOREIGN;
  // Nobody connects to port 0, and no policy can name it.
  if (source === undefined || destination === undefined || destination.port === 0) return FOREIGN;
  if (direction !== "ingress" && direction !== "egress") return FOREIGN;
  if (type !== "Request" && type !== "Denied" && type !== "Connection") return FOREIGN;
  if (verdict === "Error") return FAILED;
  if (verdict !== "Forwarded" && verdict !== "Audit" && verdict !== "Denied") return FOREIGN;
  if (own(value, "effect") === "deny") return DENY_RULE;
  // A connection whose requests are judged is told by its requests.
  if (type === "Connection" && proto !== PLAIN_TCP) return SILENT;
  // Policy did allow it: the extension answered in the server's place, and says why in `status`.
  if (type === "Denied" && Object.hasOwn(fields, "status")) return FAILED;
  const [subject, peer] = direction === "ingress" ? [destination, source] : [source, destination];
  return {
    timeMs,
    direction,
    denied: verdict === "Denied",
    subject: subject.side,
    peer: peer.side,
    port: destination.port,
    ...(type !== "Connection" && { request: { proto, fields: textsOf(fields) } }),
  };
}

function readSide(value: unknown): { readonly side: ObservedSide; readonly port: number } | undefined {
  if (!isMembers(value)) return undefined;
  const identity = own(value, "identity");
  const labels = own(value, "labels");
  const text = own(value, "address");
  const endpoint = own(value, "endpoint");
  const address = typeof text === "string" ? parseSocketAddress(text) : undefined;
  if (address === undefined || typeof identity !== "number") return undefined;
  if (!Array.isArray(labels) || labels.length > LABELS_MAX) return undefined;
  if (!labels.every((label) => typeof label === "string")) return undefined;
  const name = typeof endpoint === "string" ? endpoint : undefined;
  return { side: { identity, labels, address: address.address, endpoint: name }, port: address.port };
}

function timeOf(value: unknown): number | undefined {
  const timeMs = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Without a prototype, so that a field that is called like one of its members is no surprise. */
function textsOf(fields: Members): Readonly<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) if (typeof value === "string") texts[name] = value;
  return texts;
}

/** Where a process was killed, records may be missing: its end says how many. */
function lostWithProcess(message: unknown): Unused {
  const count = isMembers(message) ? own(message, "recordsLost") : undefined;
  return typeof count === "number" && count > 0 ? { unused: "lost", count } : SILENT;
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
