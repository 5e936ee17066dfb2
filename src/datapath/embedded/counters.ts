/** What the data plane counts since its start; plain numbers, read by metrics whenever they like. */
export interface EmbeddedCounters {
  /** Connections that were accepted from the kernel, whatever became of them. */
  accepted: number;
  /** Connections that reached their upstream. */
  opened: number;
  /** Refused because there were too many. */
  refused: number;
  /** Refused by policy. */
  denied: number;
  /** Live connections that a policy change ended. */
  resetByPolicy: number;
  /** The upstream could not be reached. */
  upstreamFailed: number;
  /** Connections that live now, those included that still wait for their upstream. */
  active: number;
  bytesToUpstream: number;
  bytesToClient: number;
}

export function createCounters(): EmbeddedCounters {
  return {
    accepted: 0,
    opened: 0,
    refused: 0,
    denied: 0,
    resetByPolicy: 0,
    upstreamFailed: 0,
    active: 0,
    bytesToUpstream: 0,
    bytesToClient: 0,
  };
}
