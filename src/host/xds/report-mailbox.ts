import type { ExtensionHostEvent, HostSelfReport } from "../../api/host-report.ts";
import { ENDS_MAX } from "./limits.ts";

/** Keeps the newest report for whoever reads, and of those before only what has happened meanwhile. */
export class ReportMailbox {
  private latest: HostSelfReport | undefined;
  private ends: ExtensionHostEvent[] = [];
  private wake: (() => void) | undefined;

  put(report: HostSelfReport): void {
    this.latest = report;
    this.ends = [...this.ends, ...report.ends].slice(-ENDS_MAX);
    this.wakeUp();
  }

  /** Reports from now on. Ends with the signal. */
  async *read(signal: AbortSignal): AsyncGenerator<HostSelfReport> {
    const wakeUp = (): void => this.wakeUp();
    signal.addEventListener("abort", wakeUp);
    // What was not read is of another time; what happened then is told with the next one.
    this.latest = undefined;
    try {
      while (!signal.aborted) {
        const report = this.take();
        if (report !== undefined) {
          yield report;
          continue;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.wake = resolve;
        await promise;
      }
    } finally {
      signal.removeEventListener("abort", wakeUp);
    }
  }

  private take(): HostSelfReport | undefined {
    const { latest, ends } = this;
    if (latest === undefined) return undefined;
    this.latest = undefined;
    this.ends = [];
    return { ...latest, ends };
  }

  private wakeUp(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
