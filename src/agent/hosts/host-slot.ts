import type { ProcessEnd } from "../../api/rest.ts";
import type { FleetReport } from "../../datapath/embedded/hosted/host-fleet.ts";
import { RestartBackoff } from "../../lib/restart-backoff.ts";
import type { SupervisedHost } from "./supervised-host.ts";

/** One of the hosts that are wanted: the process that is it at present, and what became of those before. */
export class HostSlot {
  readonly index: number;
  readonly backoff: RestartBackoff;
  host: SupervisedHost | undefined;
  /** A process is being started. */
  launching: Promise<void> | undefined;
  cancelLaunch: (() => void) | undefined;
  /** Starts after the first. */
  restarts = 0;
  lastEnd: ProcessEnd | undefined;
  /** A process has served here since the agent started: what it had on disk is what this agent has told it. */
  served = false;
  /** Records that were lost with processes that are no more. */
  recordsLost = 0;

  constructor(index: number, random: () => number) {
    this.index = index;
    this.backoff = new RestartBackoff(random);
  }

  report(nowMs: number): FleetReport {
    const { index, host, restarts, lastEnd, recordsLost } = this;
    if (host !== undefined) return describeHost(host, nowMs, this);
    return {
      index,
      instance: "",
      pid: 0,
      state: this.launching === undefined ? "down" : "starting",
      adopted: false,
      startedAt: "",
      connections: 0,
      restarts,
      ...(lastEnd === undefined ? {} : { lastEnd }),
      recordsLost,
      extensionHosts: [],
    };
  }
}

/** @param slot Whose history is told with it; absent: it drains behind its successor. */
export function describeHost(host: SupervisedHost, nowMs: number, slot?: HostSlot): FleetReport {
  const { entry, adopted, report } = host;
  return {
    index: entry.index,
    instance: entry.instance,
    pid: entry.pid,
    state: host.state(nowMs),
    adopted,
    startedAt: entry.startedAt,
    connections: report?.connections ?? 0,
    restarts: slot?.restarts ?? 0,
    ...(slot?.lastEnd === undefined ? {} : { lastEnd: slot.lastEnd }),
    recordsLost: (report?.records.lost ?? 0) + (slot?.recordsLost ?? 0),
    extensionHosts: report?.extensionHosts ?? [],
  };
}
