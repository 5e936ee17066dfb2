const FIRST_MS = 100;
const DELAY_MS_MAX = 10_000;
/** Whoever ran so long is started again at once. */
const QUIET_MS = 60_000;

/**
 * How long to wait before a process that has ended is started again: not at all at first, then 100 ms, then twice as long
 * each time up to 10 s. Up to a tenth less, so that processes which ended together do not start together for ever.
 */
export class RestartBackoff {
  private readonly random: () => number;
  private ends = 0;

  /** @param random At least 0 and below 1. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** @param ranMs How long the process ran. */
  delayMs(ranMs: number): number {
    if (ranMs >= QUIET_MS) this.ends = 0;
    const doubled = this.ends === 0 ? 0 : Math.min(FIRST_MS * 2 ** (this.ends - 1), DELAY_MS_MAX);
    this.ends += 1;
    return Math.round(doubled * (1 - this.random() / 10));
  }
}
