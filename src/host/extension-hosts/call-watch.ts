import type { RemoteWork } from "../../remote-parser/remote-owner.ts";

/**
 * Tells when an extension host has worked on one thing for too long. Time in which the watcher itself did not run counts
 * little: answers may have waited for it.
 */
export class CallWatch {
  private readonly callMs: number;
  private readonly intervalMs: number;
  private before: RemoteWork | undefined;
  private workedMs = 0;

  /** @param intervalMs How often `isStuck` is asked, if all is well. */
  constructor(callMs: number, intervalMs: number) {
    this.callMs = callMs;
    this.intervalMs = intervalMs;
  }

  /** @param elapsedMs Since it was asked before. */
  isStuck(work: RemoteWork | undefined, elapsedMs: number): boolean {
    const counted = Math.min(elapsedMs, 2 * this.intervalMs);
    if (work === undefined) this.workedMs = 0;
    else if (this.isSame(work, elapsedMs)) this.workedMs += counted;
    else this.workedMs = Math.min(work.forMs, counted);
    this.before = work;
    return this.workedMs >= this.callMs;
  }

  /** Whether nothing was answered since it was asked before: then this work has waited all that time as well. */
  private isSame(work: RemoteWork, elapsedMs: number): boolean {
    const { before } = this;
    return (
      before !== undefined && work.connection === before.connection && work.forMs >= before.forMs + elapsedMs * 0.9
    );
  }
}
