import { join } from "node:path";
import type { HostIdentity } from "../../api/host-identity.ts";
import type { HostSelfReport } from "../../api/host-report.ts";
import type { FleetReport, HostFleet, HostListeners } from "../../datapath/embedded/hosted/host-fleet.ts";
import type { Logger } from "../../lib/log.ts";
import type { HostAttachment, HostChannel } from "../../server/xds/host-channel.ts";
import { ChangeSignal } from "./change-signal.ts";
import { FleetView } from "./fleet-view.ts";
import { HostAdoption } from "./host-adoption.ts";
import { type HostConfig, hostConfigKey } from "./host-config.ts";
import { HostEnds } from "./host-ends.ts";
import type { HostEvents } from "./host-events.ts";
import type { HostProcesses } from "./host-process.ts";
import { HostRetirement } from "./host-retirement.ts";
import { HostShutdown } from "./host-shutdown.ts";
import type { HostSlot } from "./host-slot.ts";
import { HostStarter } from "./host-starter.ts";
import { HostTable } from "./host-table.ts";
import { findHolder } from "./host-token.ts";
import { HostWatch } from "./host-watch.ts";
import { HostsFile } from "./hosts-file.ts";
import type { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** The agent does not wait longer for hosts to attach. */
const READY_MS_MAX = 15_000;

export interface HostSupervisorOptions {
  /** How many; 0: those that an agent before this one has left are ended. */
  readonly hosts: number;
  readonly config: HostConfig;
  /** At the end, hosts are left to go on, for the next agent. */
  readonly detach: boolean;
  /** How long connections of a host that is replaced may go on. */
  readonly drainMs: () => number;
  readonly processes: HostProcesses;
  readonly events: HostEvents;
  readonly clock: SupervisorClock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Starts the host processes, watches them, starts them again, and takes over those that an agent before this one has left
 * behind. What it must know for that is in `hosts.json`, written before a process may do anything. `SupervisedHost` tells
 * the life of a host, and who decides what in it; here it is joined.
 */
export class HostSupervisor implements HostFleet {
  private readonly events: HostEvents;
  private readonly clock: SupervisorClock;
  private readonly signal: ChangeSignal;
  private readonly table: HostTable;
  private readonly file: HostsFile;
  private readonly ends: HostEnds;
  private readonly view: FleetView;
  private readonly starter: HostStarter;
  private readonly adoption: HostAdoption;
  private readonly retirement: HostRetirement;
  private readonly watch: HostWatch;
  private readonly shutdown: HostShutdown;

  /**
   * Reads which hosts there are. From then on they can attach. Throws WEIR_CONFIG_INVALID where that cannot be known.
   */
  static async open(options: HostSupervisorOptions): Promise<HostSupervisor> {
    const supervisor = new HostSupervisor(options);
    await supervisor.adoption.findAll();
    return supervisor;
  }

  private constructor({
    clock,
    config,
    detach,
    drainMs,
    events,
    hosts,
    logger,
    processes,
    random,
  }: HostSupervisorOptions) {
    const signal = new ChangeSignal(clock);
    const table = new HostTable(hosts, random);
    const file = new HostsFile(join(config.stateDir, "hosts.json"), () => table.entries, logger);
    const ends = new HostEnds(events, table, clock, signal);
    const common = { clock, signal, table, file, ends, events, processes };
    this.events = events;
    this.clock = clock;
    this.signal = signal;
    this.table = table;
    this.file = file;
    this.ends = ends;
    this.view = new FleetView(table, clock);
    this.starter = new HostStarter({ ...common, config, onStarted: (host) => this.admit(host) });
    this.adoption = new HostAdoption({
      ...common,
      configKey: hostConfigKey(config),
      onFound: (host) => this.admit(host),
    });
    this.retirement = new HostRetirement(table, clock, drainMs);
    this.watch = new HostWatch(table, clock, () => this.retirement.retire());
    this.shutdown = new HostShutdown({ ...common, detach, starter: this.starter, watch: this.watch });
  }

  /** Starts what is missing. Where no hosts are wanted, it settles when none accepts connections any more. */
  async start(): Promise<void> {
    const { table } = this;
    this.watch.look();
    await this.file.trySave();
    for (const slot of table.slots) if (slot.host === undefined) this.starter.launch(slot);
    this.retirement.retire();
    const accepting = (): boolean => table.living.some((host) => !host.closed);
    while (table.slots.length === 0 && !this.shutdown.begun && accepting()) await this.signal.next();
  }

  async ready(): Promise<void> {
    const deadlineMs = this.clock.monotonicMs() + READY_MS_MAX;
    // Those that end are waited for, too: what they have taken is known when they have told.
    const told = ({ report, foreign }: SupervisedHost): boolean => report !== undefined || foreign;
    // One that ends again and again is not waited for in its pauses.
    const settled = ({ host, lastEnd, launching }: HostSlot): boolean =>
      host !== undefined || (lastEnd !== undefined && launching === undefined);
    const isReady = (): boolean => this.table.slots.every(settled) && this.table.living.every(told);
    while (!isReady() && !this.shutdown.begun) {
      const leftMs = deadlineMs - this.clock.monotonicMs();
      if (leftMs <= 0) return;
      await this.signal.next(leftMs);
    }
  }

  /** Whose token this is; undefined: nobody's. */
  authenticate(token: string): HostIdentity | undefined {
    return findHolder(token, this.table.entries);
  }

  /** A host that was authenticated attaches; undefined: it has ended meanwhile. */
  attach(instance: string, channel: HostChannel): HostAttachment | undefined {
    const host = this.table.find(instance);
    if (host === undefined) return undefined;
    host.attached(channel);
    this.signal.changed();
    return {
      report: (report) => this.heard(host, channel, report),
      detached: () => {
        host.detached(channel);
        this.watch.lookClosely(host);
        this.signal.changed();
      },
    };
  }

  serving(): readonly string[] {
    return this.view.serving();
  }

  reports(): readonly FleetReport[] {
    return this.view.reports();
  }

  listeners(): readonly HostListeners[] {
    return this.view.listeners();
  }

  counters(): Readonly<Record<string, number>> {
    return this.view.counters();
  }

  nextReport(): Promise<void> {
    return this.signal.next();
  }

  /** Ends all hosts within the grace and a little more, or leaves them where that was asked for. Never rejects. */
  stop(graceMs: number): Promise<void> {
    return this.shutdown.stop(graceMs);
  }

  /**
   * The agent cannot go on: the hosts that it has started end, those that outlived another agent serve on. Does nothing
   * after `stop`. Never rejects.
   */
  abandon(): Promise<void> {
    return this.shutdown.abandon();
  }

  /** Within the call; the agent's process is about to end. */
  kill(): void {
    this.shutdown.kill();
  }

  /** A process was started or found. */
  private admit(host: SupervisedHost): void {
    this.table.add(host);
    void host.process.ended.then((how) => this.ended(host, how));
  }

  private heard(host: SupervisedHost, channel: HostChannel, report: HostSelfReport): void {
    // A channel that another one has replaced may still deliver.
    if (host.channel !== channel) return;
    const first = host.report === undefined;
    host.heard(report, this.clock.monotonicMs());
    for (const event of report.ends) this.events.onExtensionHost(host.entry, event);
    if (first && host.adopted) this.adopt(host, report);
    const slot = this.table.slotOf(host);
    if (slot !== undefined && host.serves) slot.served = true;
    // Somebody else has told it to end: another one serves before its last connection has ended.
    if (slot?.host === host && host.closed && !host.draining) this.starter.replace(slot);
    this.retirement.retire();
    this.signal.changed();
  }

  private adopt(host: SupervisedHost, report: HostSelfReport): void {
    const slot = this.table.placeOf(host);
    if (slot === undefined) return;
    const { index, instance, pid } = host.entry;
    if (this.adoption.suits(report)) {
      this.events.onAdopted({ index, instance, pid });
      return;
    }
    slot.host = undefined;
    this.starter.launch(slot);
  }

  private ended(host: SupervisedHost, how: string): void {
    const { entry, report, startedMs } = host;
    const slot = this.table.placeOf(host);
    // Its channel stays until what the process had sent has been read.
    this.table.remove(host);
    this.view.ended(host);
    const end = { reason: host.endReason(how), expected: host.draining, report };
    this.ends.tell(entry, end, slot !== undefined);
    if (slot !== undefined) {
      slot.host = undefined;
      this.starter.again(slot, startedMs);
    }
    void this.file.trySave();
    this.retirement.retire();
    this.signal.changed();
  }
}
