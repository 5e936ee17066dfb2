import type { HostSlot } from "./host-slot.ts";
import type { HostTable } from "./host-table.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** A host that cannot be told policies does not serve for longer, whether or not its successor does. */
const FOREIGN_MS_MAX = 60_000;

/** Tells hosts that are in nobody's place to end, as soon as those that are wanted serve instead. */
export class HostRetirement {
  private readonly table: HostTable;
  private readonly clock: SupervisorClock;
  private readonly drainMs: () => number;

  /** @param drainMs How long their connections may go on. */
  constructor(table: HostTable, clock: SupervisorClock, drainMs: () => number) {
    this.table = table;
    this.clock = clock;
    this.drainMs = drainMs;
  }

  /** To be called when somebody may have come to serve, and from time to time. */
  retire(): void {
    const { table } = this;
    const nowMs = this.clock.monotonicMs();
    for (const host of table.displaced) {
      if (host.draining) continue;
      const slot = table.slotOf(host);
      const replaced = slot === undefined ? table.slots.every(serves) : serves(slot);
      const overdue = host.foreign && nowMs - host.startedMs >= FOREIGN_MS_MAX;
      if (replaced || overdue) host.drain(this.drainMs(), nowMs);
    }
  }
}

function serves({ host }: HostSlot): boolean {
  return host?.serves === true;
}
