/** Time, handed in so that tests decide how it passes. */
export interface SupervisorClock {
  /** Milliseconds since the epoch, for people. */
  now(): number;
  /** Milliseconds since some moment: never set back, and standing still while the machine sleeps. */
  monotonicMs(): number;
  /** Runs a task once. Returns what cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemSupervisorClock: SupervisorClock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
