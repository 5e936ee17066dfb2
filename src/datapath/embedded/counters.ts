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
  /** Live connections that ended because policy, or who somebody is, has changed. */
  resetByPolicy: number;
  /** Connections that were opened although what is audited would have refused them. */
  audited: number;
  /** Connections whose requests were only observed when they were opened. */
  observed: number;
  /** Observed connections that passed unread from some byte on, because they were not understood. */
  unread: number;
  /** Live connections that went on although somebody else stands behind one of their addresses. */
  reidentified: number;
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
    audited: 0,
    observed: 0,
    unread: 0,
    reidentified: 0,
    upstreamFailed: 0,
    active: 0,
    bytesToUpstream: 0,
    bytesToClient: 0,
  };
}
