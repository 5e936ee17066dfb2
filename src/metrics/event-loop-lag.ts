import { monitorEventLoopDelay } from "node:perf_hooks";

/** Between two measurements: fine enough for what users feel, and 50 wake-ups a second cost next to nothing. */
const RESOLUTION_MS = 20;

/** Shorter windows are not begun: several readers shall see the same numbers instead of taking them from each other. */
const WINDOW_MS = 5_000;

/** How late the event loop ran what was due, in seconds. */
export interface EventLoopLag {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures the lag of the event loop, in windows that go from one reading to the next. */
export class EventLoopLagMonitor implements Disposable {
  private readonly histogram: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({
    resolution: RESOLUTION_MS,
  });
  private readonly now: () => number;
  private windowBegan: number;
  private last: EventLoopLag = { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.now = now;
    this.windowBegan = now();
    this.histogram.enable();
  }

  /** Of the window up to now, or, where that is too short, of the one before. */
  read(): EventLoopLag {
    const now = this.now();
    if (now - this.windowBegan < WINDOW_MS) return this.last;
    this.windowBegan = now;
    const { histogram } = this;
    // Nothing was measured: the loop did not turn once.
    if (histogram.count === 0) return this.last;
    this.last = {
      mean: lagSeconds(histogram.mean),
      p50: lagSeconds(histogram.percentile(50)),
      p90: lagSeconds(histogram.percentile(90)),
      p99: lagSeconds(histogram.percentile(99)),
      max: lagSeconds(histogram.max),
    };
    histogram.reset();
    return this.last;
  }

  [Symbol.dispose](): void {
    this.histogram.disable();
  }
}

/** The histogram has the time between two measurements; what is more than was asked for is the lag. */
function lagSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
}
