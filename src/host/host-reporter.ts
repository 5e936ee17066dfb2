import {
  type ExtensionHostEvent,
  HOST_REPORT_IDLE_MS,
  HOST_REPORT_INTERVAL_MS,
  type HostSelfReport,
} from "../api/host-report.ts";

/** Events that wait for an agent; of more, the oldest are forgotten. */
const EVENTS_MAX = 1_000;

/** What a report says of now; who reports, and what has happened in between, is added. */
export type HostSnapshot = Pick<
  HostSelfReport,
  "state" | "connections" | "counters" | "listeners" | "records" | "extensionHosts"
>;

export interface HostReporterOptions {
  readonly who: Pick<HostSelfReport, "instance" | "index" | "pid" | "startedAt" | "version" | "configKey">;
  /** undefined: there is nothing to tell yet. */
  readonly snapshot: () => HostSnapshot | undefined;
  /** @returns Whether there is an agent that gets it. */
  readonly send: (report: HostSelfReport) => boolean;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Tells the agent how the host is: soon when something has changed, and now and then that it lives. */
export class HostReporter {
  private readonly options: HostReporterOptions;
  private events: ExtensionHostEvent[] = [];
  private lastText = "";
  private lastMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: HostReporterOptions) {
    this.options = options;
  }

  start(): void {
    this.timer = setInterval(() => this.look(), HOST_REPORT_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** To be told with the next report that an agent gets. */
  add(event: ExtensionHostEvent): void {
    this.events.push(event);
    if (this.events.length > EVENTS_MAX) this.events.shift();
    this.reportNow();
  }

  /** Something has changed that somebody waits for; or there is an agent that knows nothing yet. */
  reportNow(): void {
    this.lastText = "";
    this.look();
  }

  private look(): void {
    const { who, snapshot, send, now } = this.options;
    const state = snapshot();
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (text === this.lastText && now() - this.lastMs < HOST_REPORT_IDLE_MS) return;
    if (!send({ ...who, ...state, ends: this.events })) return;
    this.events = [];
    this.lastText = text;
    this.lastMs = now();
  }
}
