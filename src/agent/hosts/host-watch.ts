import type { HostTable } from "./host-table.ts";
import type { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** How often hosts are looked at. */
export const LOOK_MS = 250;
/** A host that lost its channel may be about to end: looked at more often. */
const CLOSE_LOOK_MS = 25;
/** A look that comes so much too late was held up by the agent itself, which did not hear any host meanwhile. */
const LAG_MS = 1_000;

/** Looks at all hosts from time to time: whether they still run, and whether they are overdue and have to be killed. */
export class HostWatch {
  private readonly table: HostTable;
  private readonly clock: SupervisorClock;
  private readonly onLooked: () => void;
  private lastLookMs: number;
  private cancelLook: (() => void) | undefined;
  private stopped = false;

  /** @param onLooked Called after each look. */
  constructor(table: HostTable, clock: SupervisorClock, onLooked: () => void) {
    this.table = table;
    this.clock = clock;
    this.onLooked = onLooked;
    this.lastLookMs = clock.monotonicMs();
  }

  /** Looks now, and again and again. */
  look(): void {
    const nowMs = this.clock.monotonicMs();
    const lagMs = nowMs - this.lastLookMs - LOOK_MS;
    this.lastLookMs = nowMs;
    for (const host of this.table.living) {
      host.process.look();
      if (lagMs >= LAG_MS) host.forgiveLag(lagMs, nowMs);
      const why = host.overdue(nowMs);
      if (why !== undefined) host.kill(why);
      // The signal could not be sent where the agent had too many files open.
      else if (host.wasKilled) host.process.signal("SIGKILL");
    }
    this.onLooked();
    this.cancelLook = this.clock.after(LOOK_MS, () => this.look());
  }

  /** As long as it is not attached. The end of a process that is no child is not told. */
  lookClosely(host: SupervisedHost): void {
    const lost = this.table.has(host) && host.channel === undefined;
    if (!lost || !host.adopted || this.stopped) return;
    host.process.look();
    this.clock.after(CLOSE_LOOK_MS, () => this.lookClosely(host));
  }

  stop(): void {
    this.stopped = true;
    this.cancelLook?.();
  }
}
