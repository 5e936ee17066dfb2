import { LASTING_MS, PAUSE_FIRST_MS, PAUSE_MS_MAX } from "./limits.ts";

/** How long to wait before the next attempt: 50 ms, doubled up to 2 s, less up to a half, so that hosts come one by one. */
export class ReconnectPause {
  private readonly random: () => number;
  private doubled = PAUSE_FIRST_MS;

  /** @param random At least 0 and below 1. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** @param lastedMs How long the connection lasted that is gone; 0: there was none. */
  nextMs(lastedMs: number): number {
    if (lastedMs >= LASTING_MS) this.doubled = PAUSE_FIRST_MS;
    const pauseMs = this.doubled * (1 - this.random() / 2);
    this.doubled = Math.min(this.doubled * 2, PAUSE_MS_MAX);
    return Math.round(pauseMs);
  }
}
