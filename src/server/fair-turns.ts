import { setTimeout as delay } from "node:timers/promises";
import { WeirError } from "../lib/error.ts";

/** Work that waits, each with its request's body. */
const WAITING_MAX = 64;
/** Work that nobody on a connection notices. */
const SHORT_MS = 10;
/** The longest pause behind work. */
const PAUSE_MS_MAX = 1_000;

/**
 * Expensive work of the interface, one piece at a time, and behind each as long a pause as it took: it runs on the thread
 * that carries the traffic, which is never stopped for longer than one piece takes, and has at least half of the time.
 */
export class FairTurns {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  /** Rejects as the work does, and with WEIR_LIMIT_EXCEEDED where too much waits already. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.waiting >= WAITING_MAX) {
      const message = `${WAITING_MAX} requests about policy are waiting already; try again when they are done`;
      return Promise.reject(new WeirError("WEIR_LIMIT_EXCEEDED", message));
    }
    this.waiting++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.last;
    this.last = promise;
    return before.then(() => this.take(work, resolve));
  }

  private async take<T>(work: () => T | Promise<T>, done: () => void): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.waiting--;
      const tookMs = performance.now() - start;
      if (tookMs < SHORT_MS) done();
      else void delay(Math.min(tookMs, PAUSE_MS_MAX)).then(done);
    }
  }
}
