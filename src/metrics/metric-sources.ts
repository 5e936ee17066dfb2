import type { RecordCount } from "./record-counter.ts";

/** Where the numbers come from: plain counters of the other rooms, read when somebody asks. */
export interface MetricSources {
  policy(): { readonly documents: number; readonly revision: number; readonly importErrors: number };
  /** The state of every endpoint, and whether its ingress and egress are enforced. */
  endpoints(): readonly {
    readonly state: string;
    readonly enforcement: { readonly ingress: boolean; readonly egress: boolean };
  }[];
  records(): readonly RecordCount[];
  /** Live ones, and what became of all that were accepted since the start. */
  connections(): {
    readonly active: number;
    readonly accepted: number;
    readonly denied: number;
    readonly refused: number;
    readonly resetByPolicy: number;
    readonly upstreamFailed: number;
    readonly bytesToUpstream: number;
    readonly bytesToClient: number;
  };
  identities(): number;
  listeners(): number;
  /** Records that the access log and the monitors could not take. */
  lost(): { readonly accessLog: number; readonly monitor: number };
}
