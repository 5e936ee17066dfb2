import type { SupervisorClock } from "./supervisor-clock.ts";

/** Lets any number of waiters know that something has changed. */
export class ChangeSignal {
  private readonly clock: SupervisorClock;
  private waiting: (() => void)[] = [];

  constructor(clock: SupervisorClock) {
    this.clock = clock;
  }

  /** Settles with the next change, or after so long. */
  next(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = timeoutMs === undefined ? undefined : this.clock.after(timeoutMs, resolve);
      this.waiting.push(() => {
        cancel?.();
        resolve();
      });
    });
  }

  changed(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
