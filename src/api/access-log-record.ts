import type { NumericIdentity } from "./identity.ts";

/** Request and Response were seen and passed on; Denied is a request that was not; Connection is the connection itself. */
export type RecordType = "Request" | "Response" | "Denied" | "Connection";
export type RecordVerdict = "Forwarded" | "Denied" | "Error" | "Audit";

/** One side of a connection. */
export interface RecordPeer {
  readonly identity: NumericIdentity;
  /** `source:key=value`, sorted. */
  readonly labels: readonly string[];
  /** `a.b.c.d:port` or `[v6]:port`. */
  readonly address: string;
  /** Name of the endpoint, where the address belongs to one. */
  readonly endpoint?: string;
}

/** One line of the access log and one event of the monitor's type `l7`. */
export interface AccessLogRecord {
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  /** Name of the extension (`memcache`, `r2d2`), or `tcp` for connections without one. */
  readonly proto: string;
  readonly direction: "ingress" | "egress";
  readonly source: RecordPeer;
  readonly destination: RecordPeer;
  /** Policy and rule that decided. Absent: no rule did. */
  readonly policy?: string;
  readonly rule?: string;
  /**
   * What that rule did. Absent: it allowed. `deny`: it refuses. `missing`: no rule allows, and here is where an audited
   * policy would want one.
   */
  readonly effect?: "deny" | "missing";
  /** What the extension tells of the request; `status` gives the reason of an error. */
  readonly fields: Readonly<Record<string, string>>;
}
