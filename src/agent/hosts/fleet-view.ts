import type { FleetReport, HostListeners } from "../../datapath/embedded/hosted/host-fleet.ts";
import { describeHost } from "./host-slot.ts";
import { HostSums } from "./host-sums.ts";
import type { HostTable } from "./host-table.ts";
import type { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** What hosts have told of themselves, put together for those who ask. */
export class FleetView {
  private readonly table: HostTable;
  private readonly clock: SupervisorClock;
  private readonly sums = new HostSums();

  constructor(table: HostTable, clock: SupervisorClock) {
    this.table = table;
    this.clock = clock;
  }

  /** A host is in the table no more; what it has counted stays. */
  ended({ report }: SupervisedHost): void {
    if (report !== undefined) this.sums.add(report);
  }

  serving(): readonly string[] {
    const all = this.table.living.filter(({ foreign, report }) => !foreign && report !== undefined);
    return all.filter(({ report }) => report?.state !== "starting").map(({ entry }) => entry.instance);
  }

  reports(): readonly FleetReport[] {
    const nowMs = this.clock.monotonicMs();
    const wanted = this.table.slots.map((slot) => slot.report(nowMs));
    return [...wanted, ...this.table.displaced.map((host) => describeHost(host, nowMs))];
  }

  listeners(): readonly HostListeners[] {
    return this.table.living.map((host) => ({
      wanted: this.table.placeOf(host) !== undefined,
      listeners: host.report?.listeners ?? [],
    }));
  }

  counters(): Readonly<Record<string, number>> {
    return this.sums.with(this.table.living.flatMap(({ report }) => report ?? []));
  }
}
