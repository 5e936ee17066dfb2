import type { HostSelfReport } from "../../api/host-report.ts";
import { reasonOf } from "../../lib/error.ts";
import { DeltaClient } from "../../xds/delta-client.ts";
import { AgentConnection } from "./agent-connection.ts";
import { UNKNOWN_MS_MAX } from "./limits.ts";
import type { AgentLinkOptions } from "./link-options.ts";
import { ReconnectPause } from "./reconnect-pause.ts";
import { ReportMailbox } from "./report-mailbox.ts";

/** A host's way to its agent: kept up, and taken up again with whatever agent listens there next. */
export class AgentLink {
  private readonly options: AgentLinkOptions;
  private readonly client: DeltaClient;
  private readonly reports = new ReportMailbox();
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private isConnected = false;
  /** Why the agent was not reached last; told once. */
  private toldReason = "";
  /** Since when no agent that was there has known this host. undefined: the last one did, or there was none yet. */
  private unknownSinceMs: number | undefined;

  constructor(options: AgentLinkOptions) {
    this.options = options;
    this.client = new DeltaClient(options.instance, options.consumer);
  }

  /** Whether an agent that knows this host is there. */
  get connected(): boolean {
    return this.isConnected;
  }

  start(): void {
    this.running ??= this.run();
  }

  /**
   * The agent gets the newest report as soon as it can; of those that it did not get, only what has happened.
   *
   * @returns false: no agent is there, and nothing is kept of the report.
   */
  report(report: HostSelfReport): boolean {
    if (this.isConnected) this.reports.put(report);
    return this.isConnected;
  }

  /** Settles when nothing goes to the agent any more. What the consumer does at present goes on. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** After `close`: settles when the consumer has settled, and may be used by somebody else. */
  consumerIdle(): Promise<void> {
    return this.client.idle();
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    const pause = new ReconnectPause(this.options.random);
    while (!signal.aborted) {
      const lastedMs = await this.connectOnce();
      if (!signal.aborted) await this.wait(pause.nextMs(lastedMs));
    }
  }

  /** @returns How long the agent was there, in milliseconds. */
  private async connectOnce(): Promise<number> {
    const { options, closing } = this;
    let since: number | undefined;
    const { reason, unknown } = await new AgentConnection({
      ...options,
      client: this.client,
      reports: this.reports,
      onAttached: () => {
        since = options.monotonicMs();
        this.unknownSinceMs = undefined;
        this.change(true);
        options.logger.info({}, "attached to the agent");
        this.toldReason = "";
      },
    }).run(closing.signal);
    this.change(false);
    if (!closing.signal.aborted && reason !== this.toldReason) {
      this.toldReason = reason;
      options.logger.warn({ reason }, "no agent: going on with what is in force, and trying again");
    }
    if (unknown && !closing.signal.aborted) this.notKnown();
    return since === undefined ? 0 : options.monotonicMs() - since;
  }

  /** An agent that restarts again and again is there for moments only: what counts is that none has known this host. */
  private notKnown(): void {
    const nowMs = this.options.monotonicMs();
    this.unknownSinceMs ??= nowMs;
    if (nowMs - this.unknownSinceMs >= UNKNOWN_MS_MAX) this.options.onUnknown();
  }

  private change(connected: boolean): void {
    if (this.isConnected === connected) return;
    this.isConnected = connected;
    try {
      this.options.onConnected?.(connected);
    } catch (error) {
      this.options.logger.error({ reason: reasonOf(error) }, "what was told of the agent has failed");
    }
  }

  private wait(ms: number): Promise<void> {
    const { signal } = this.closing;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.options.schedule(ms, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(cancel);
  }
}
