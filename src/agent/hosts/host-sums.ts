import type { HostSelfReport } from "../../api/host-report.ts";

/** What is no count but a level: it ends with the process. */
const LEVELS: ReadonlySet<string> = new Set(["active"]);

/** Sums over hosts that are no more, so that what is counted never goes down when one ends. */
export class HostSums {
  private readonly ended = new Map<string, number>();

  add(report: HostSelfReport): void {
    for (const [name, count] of Object.entries(report.counters)) {
      if (!LEVELS.has(name)) this.ended.set(name, (this.ended.get(name) ?? 0) + count);
    }
  }

  /** With those of the hosts that live. */
  with(reports: Iterable<HostSelfReport>): Readonly<Record<string, number>> {
    const sums = new Map(this.ended);
    for (const { counters } of reports) {
      for (const [name, count] of Object.entries(counters)) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    return Object.fromEntries(sums);
  }
}
