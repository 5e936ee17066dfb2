const TELL_MS = 10_000;

export interface LossWatchOptions {
  /** Records lost since the start. */
  readonly lost: () => number;
  /** Records lost since it was told the last time: at least one. */
  readonly onLoss: (count: number) => void;
}

/** Tells of losses when they happen, but at most every 10 s: whoever loses records loses thousands of them. */
export class LossWatch {
  private readonly options: LossWatchOptions;
  private told = 0;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LossWatchOptions) {
    this.options = options;
  }

  /** To be called often. @param nowMs Of a clock that never goes back. */
  look(nowMs: number): void {
    if (nowMs - this.toldAtMs < TELL_MS) return;
    const lost = this.options.lost();
    if (lost === this.told) return;
    const count = lost - this.told;
    this.told = lost;
    this.toldAtMs = nowMs;
    this.options.onLoss(count);
  }

  /** Tells what has not been told, however soon. */
  close(): void {
    this.look(Number.POSITIVE_INFINITY);
  }
}
