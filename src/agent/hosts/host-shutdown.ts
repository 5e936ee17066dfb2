import type { ChangeSignal } from "./change-signal.ts";
import type { HostStarter } from "./host-starter.ts";
import type { HostTable } from "./host-table.ts";
import { type HostWatch, LOOK_MS } from "./host-watch.ts";
import type { HostsFile } from "./hosts-file.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** A host that did not read by then what it must know is left without, and ends. */
const TELL_MS_MAX = 1_000;
/** After SIGKILL. What is in the kernel's hands for longer is given up. */
const KILLED_MS_MAX = 5_000;

export interface HostShutdownOptions {
  /** Hosts are left to go on, for the next agent. */
  readonly detach: boolean;
  readonly table: HostTable;
  readonly starter: HostStarter;
  readonly watch: HostWatch;
  readonly file: HostsFile;
  readonly clock: SupervisorClock;
  readonly signal: ChangeSignal;
}

/** What becomes of hosts when their agent ends: once, whatever is asked for first. */
export class HostShutdown {
  private readonly options: HostShutdownOptions;
  private ending: Promise<void> | undefined;

  constructor(options: HostShutdownOptions) {
    this.options = options;
  }

  get begun(): boolean {
    return this.ending !== undefined;
  }

  /** Ends all hosts within the grace and a little more, or leaves them where that was asked for. Never rejects. */
  stop(graceMs: number): Promise<void> {
    this.ending ??= this.end(() => (this.options.detach ? this.leaveAll() : this.endAll(graceMs)));
    return this.ending;
  }

  /** The agent cannot go on: the hosts that it has started end, those that outlived another agent serve on. Never rejects. */
  abandon(): Promise<void> {
    this.ending ??= this.end(() => this.endOwn());
    return this.ending;
  }

  /** Within the call; the agent's process is about to end. */
  kill(): void {
    const { detach, table } = this.options;
    if (detach) return;
    for (const { process } of table.living) process.signal("SIGKILL");
  }

  private async end(part: () => Promise<void>): Promise<void> {
    const { starter, watch, file, signal } = this.options;
    await starter.stop();
    await part();
    watch.stop();
    await file.trySave();
    signal.changed();
  }

  private async endAll(graceMs: number): Promise<void> {
    const { table, clock, signal } = this.options;
    for (const host of table.living) host.drain(graceMs, clock.monotonicMs());
    let givenUpMs = Number.POSITIVE_INFINITY;
    while (table.size > 0 && clock.monotonicMs() < givenUpMs) {
      await signal.next(LOOK_MS);
      const allKilled = table.living.every((host) => host.wasKilled);
      if (allKilled) givenUpMs = Math.min(givenUpMs, clock.monotonicMs() + KILLED_MS_MAX);
    }
  }

  private async leaveAll(): Promise<void> {
    const { table, clock } = this.options;
    const timeout = Promise.withResolvers<void>();
    const cancel = clock.after(TELL_MS_MAX, timeout.resolve);
    const { living } = table;
    await Promise.race([Promise.all(living.map(({ told }) => told)), timeout.promise]);
    cancel();
    for (const { process } of living) process.release();
  }

  private async endOwn(): Promise<void> {
    const { table } = this.options;
    const own = table.living.filter(({ adopted }) => !adopted);
    for (const host of own) host.kill("its agent could not start");
    await Promise.all(own.map(({ process }) => process.ended));
    for (const { process } of table.living) process.release();
  }
}
