import type { HostSelfReport } from "../../api/host-report.ts";
import { HOST_PROTOCOL_VERSION } from "../../host/bootstrap.ts";
import type { HostChannel } from "../../server/xds/host-channel.ts";
import type { HostProcess } from "./host-process.ts";
import type { HostEntry } from "./hosts-file.ts";

/** A host reports about every second. */
export const SILENT_MS = 3_000;
export const REPORT_MS_MAX = 10_000;
/** From the start of a process to its first report: Node starts, modules are read, all of it on a busy machine. */
export const FIRST_REPORT_MS_MAX = 30_000;
/** A host that outlived its agent tries to attach at least every two seconds. */
export const ATTACH_MS_MAX = 10_000;
/** From the end of the grace to the end of the process. */
export const END_MS_MAX = 1_000;

/**
 * One host process as the supervisor sees it: when it was heard last, and what it was told. Its life, and who decides in it:
 *
 * ```
 * HostStarter: a new process, written to hosts.json, then told what it must know      ┐ in a place,
 * HostAdoption: one that an agent before this one has left, if it suits               ┘ see HostSlot
 *   │ attaches, and reports                                                           HostSupervisor
 *   │ serves, as often as it loses its agent                                          HostWatch kills whoever is silent
 *   │ is not wanted any more: another one is started in its place, if any             HostSupervisor, HostAdoption
 *   │ drains, when that one serves                                                    HostRetirement
 *   ▼ has ended: HostEnds tells it; HostStarter starts the next one if its place is empty
 * ```
 *
 * When the agent ends, HostShutdown drains, kills or leaves it.
 */
export class SupervisedHost {
  readonly entry: HostEntry;
  readonly process: HostProcess;
  /** An agent before this one has started it. */
  readonly adopted: boolean;
  /** On the clock that is never set back. */
  readonly startedMs: number;
  /** It speaks another protocol: nothing can be told to it but to end. */
  readonly foreign: boolean;
  /** Settles when it can read what it must know. */
  told: Promise<void> | undefined;
  report: HostSelfReport | undefined;
  channel: HostChannel | undefined;
  /** Why it was killed by weir itself. */
  private killed: string | undefined;
  private heardMs: number;
  private ending: { graceMs: number; deadlineMs: number } | undefined;

  constructor(entry: HostEntry, process: HostProcess, adopted: boolean, nowMs: number) {
    this.entry = entry;
    this.process = process;
    this.adopted = adopted;
    this.heardMs = nowMs;
    this.startedMs = nowMs;
    this.foreign = entry.version !== HOST_PROTOCOL_VERSION;
  }

  get draining(): boolean {
    return this.ending !== undefined;
  }

  get serves(): boolean {
    return this.report?.state === "running" && !this.draining;
  }

  /** It accepts nothing more; how it was told does not matter. */
  get closed(): boolean {
    return this.report?.state === "draining";
  }

  get wasKilled(): boolean {
    return this.killed !== undefined;
  }

  heard(report: HostSelfReport, nowMs: number): void {
    this.report = report;
    this.heardMs = nowMs;
  }

  /** The agent itself stood still: what a host did meanwhile nobody could hear. */
  forgiveLag(lagMs: number, nowMs: number): void {
    this.heardMs = nowMs;
    if (this.ending !== undefined) this.ending.deadlineMs += lagMs;
  }

  state(nowMs: number): "starting" | "running" | "silent" | "draining" {
    if (this.draining || this.closed) return "draining";
    if (this.report === undefined) return "starting";
    return nowMs - this.heardMs >= SILENT_MS ? "silent" : this.report.state;
  }

  /** Why it has to be killed now; undefined: it has not. */
  overdue(nowMs: number): string | undefined {
    if (this.killed !== undefined) return undefined;
    if (this.ending !== undefined) {
      const { graceMs, deadlineMs } = this.ending;
      if (nowMs >= deadlineMs) return `did not end within ${graceMs} ms of being told to and was killed`;
      // Whoever stands still has not closed his listeners either, and may have an hour for it.
    }
    if (this.foreign) return undefined;
    const silentMs = nowMs - this.heardMs;
    if (this.report !== undefined) {
      return silentMs < REPORT_MS_MAX ? undefined : `did not report for ${REPORT_MS_MAX / 1000} s and was killed`;
    }
    const [limitMs, what] = this.adopted ? [ATTACH_MS_MAX, "attach"] : [FIRST_REPORT_MS_MAX, "report after its start"];
    return silentMs < limitMs ? undefined : `did not ${what} within ${limitMs / 1000} s and was killed`;
  }

  /** Tells it to end within the grace, once. */
  drain(graceMs: number, nowMs: number): void {
    const deadlineMs = nowMs + graceMs + END_MS_MAX;
    if (this.ending !== undefined && this.ending.deadlineMs <= deadlineMs) return;
    this.ending = { graceMs, deadlineMs };
    if (this.channel === undefined) this.process.signal("SIGTERM");
    else this.channel.drain(graceMs);
  }

  kill(reason: string): void {
    this.killed = reason;
    this.process.signal("SIGKILL");
  }

  /** @param how What is known of the process's end. */
  endReason(how: string): string {
    if (this.killed !== undefined) return this.killed;
    return this.draining ? `was told to end, and ${how}` : how;
  }

  attached(channel: HostChannel): void {
    this.channel?.close();
    this.channel = channel;
    // Whoever was told by a signal may not have been able to hear it yet.
    if (this.ending !== undefined) channel.drain(this.ending.graceMs);
  }

  detached(channel: HostChannel): void {
    if (this.channel !== channel) return;
    this.channel = undefined;
    // It may not have read what it was told.
    if (this.ending !== undefined && !this.closed) this.process.signal("SIGTERM");
  }
}
