import type { HostSelfReport } from "../../api/host-report.ts";
import type { ChangeSignal } from "./change-signal.ts";
import type { HostEnd, HostEvents, StartedHost } from "./host-events.ts";
import type { HostTable } from "./host-table.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** What is known of an end. */
export interface KnownEnd {
  /** One sentence. */
  readonly reason: string;
  /** It was told to end. */
  readonly expected: boolean;
  /** Its last report; undefined: this agent never had one. */
  readonly report: HostSelfReport | undefined;
}

/** Tells that hosts have ended, and keeps in their places how that was and what it has cost. */
export class HostEnds {
  private readonly events: HostEvents;
  private readonly table: HostTable;
  private readonly clock: SupervisorClock;
  private readonly signal: ChangeSignal;

  constructor(events: HostEvents, table: HostTable, clock: SupervisorClock, signal: ChangeSignal) {
    this.events = events;
    this.table = table;
    this.clock = clock;
    this.signal = signal;
  }

  /** @param inPlace The host was the one in its place, or was to be. */
  tell({ index, instance, pid }: StartedHost, { reason, expected, report }: KnownEnd, inPlace: boolean): void {
    const slot = this.table.slots[index];
    const time = new Date(this.clock.now()).toISOString();
    const about = { index, instance, pid, time, reason, expected };
    const end: HostEnd = {
      ...about,
      connections: report?.connections ?? 0,
      ...(report === undefined ? {} : { report }),
    };
    if (inPlace && slot !== undefined) slot.lastEnd = { time, pid, reason };
    void this.events.onEnded(end).then((recordsLost) => {
      if (slot !== undefined) slot.recordsLost += recordsLost;
      this.signal.changed();
    });
  }
}
