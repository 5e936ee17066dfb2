import type { HostSelfReport } from "../../api/host-report.ts";

/** How the agent speaks to one attached host. */
export interface HostChannel {
  /** Tells it to accept nothing more, to let live connections end for so long, and to end then. */
  drain(graceMs: number): void;
  /** It may attach again. */
  close(): void;
}

/** How one attached host speaks to the agent. */
export interface HostAttachment {
  report(report: HostSelfReport): void;
  /** The channel is gone, whoever has closed it. Called once. */
  detached(): void;
}
