import { reasonOf } from "../../lib/error.ts";
import type { ChangeSignal } from "./change-signal.ts";
import type { HostConfig } from "./host-config.ts";
import type { HostEnds } from "./host-ends.ts";
import type { HostEvents } from "./host-events.ts";
import { prepareLaunch } from "./host-launch.ts";
import type { HostProcess, HostProcesses } from "./host-process.ts";
import type { HostSlot } from "./host-slot.ts";
import type { HostTable } from "./host-table.ts";
import type { HostsFile } from "./hosts-file.ts";
import { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

export interface HostStarterOptions {
  readonly config: HostConfig;
  readonly processes: HostProcesses;
  readonly events: HostEvents;
  readonly table: HostTable;
  readonly file: HostsFile;
  readonly ends: HostEnds;
  readonly clock: SupervisorClock;
  readonly signal: ChangeSignal;
  /** A process is there, which knows nothing yet. */
  readonly onStarted: (host: SupervisedHost) => void;
}

/** Starts hosts in empty places: at once, or after a pause where too many have ended. */
export class HostStarter {
  private readonly options: HostStarterOptions;
  private stopped = false;

  constructor(options: HostStarterOptions) {
    this.options = options;
  }

  /** Nothing is started any more. Settles when no start is under way: nobody else would know of the process. */
  async stop(): Promise<void> {
    this.stopped = true;
    const { slots } = this.options.table;
    for (const slot of slots) slot.cancelLaunch?.();
    await Promise.all(slots.map(({ launching }) => launching));
  }

  /** Starts one at once. */
  launch(slot: HostSlot): void {
    if (this.stopped) return;
    slot.cancelLaunch = undefined;
    const launching = this.start(slot).finally(() => {
      if (slot.launching === launching) slot.launching = undefined;
      this.options.signal.changed();
    });
    slot.launching = launching;
  }

  /** Starts the next one behind one that has ended. @param startedMs When that was started, on the clock. */
  again(slot: HostSlot, startedMs: number): void {
    if (this.stopped) return;
    const { clock } = this.options;
    slot.restarts += 1;
    const delayMs = slot.backoff.delayMs(clock.monotonicMs() - startedMs);
    slot.cancelLaunch = clock.after(delayMs, () => this.launch(slot));
  }

  /** Starts one at once beside the one in the place, which accepts nothing more and is in nobody's place from now on. */
  replace(slot: HostSlot): void {
    if (this.stopped) return;
    slot.host = undefined;
    slot.restarts += 1;
    this.launch(slot);
  }

  /** Never rejects. */
  private async start(slot: HostSlot): Promise<void> {
    const { config, processes, events, table, file, ends, clock } = this.options;
    const { index } = slot;
    const launch = prepareLaunch(index, config);
    const { instance } = launch;
    const startedMs = clock.monotonicMs();
    let process: HostProcess;
    try {
      process = await processes.start(index);
    } catch (error) {
      const end = { reason: notStarted(error), expected: false, report: undefined };
      ends.tell({ index, instance, pid: 0 }, end, true);
      this.again(slot, startedMs);
      return;
    }
    const entry = launch.entryOf(process, new Date(clock.now()).toISOString());
    const host = new SupervisedHost(entry, process, false, startedMs);
    slot.host = host;
    this.options.onStarted(host);
    try {
      await file.save();
    } catch (error) {
      // If this agent were killed, nobody could find the process.
      host.kill(notStarted(error));
      return;
    }
    if (!table.has(host)) return;
    host.told = process.tell(launch.bootstrap(slot.served));
    events.onStarted({ index, instance, pid: process.pid });
  }
}

function notStarted(error: unknown): string {
  return `could not start: ${reasonOf(error)}`;
}
