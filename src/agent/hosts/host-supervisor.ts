import { join } from "node:path";
import type { HostSelfReport } from "../../api/host-report.ts";
import type { FleetReport, HostFleet, HostListeners } from "../../datapath/embedded/hosted/host-fleet.ts";
import { HOST_PROTOCOL_VERSION } from "../../host/bootstrap.ts";
import { reasonOf, WeirError } from "../../lib/error.ts";
import type { Logger } from "../../lib/log.ts";
import type { HostAttachment, HostChannel } from "../../server/xds/host-identity.ts";
import { ChangeSignal } from "./change-signal.ts";
import { type HostConfig, hostConfigKey } from "./host-config.ts";
import type { HostEnd, HostEvents, HostIdentity } from "./host-events.ts";
import { prepareLaunch } from "./host-launch.ts";
import type { HostProcess, HostProcesses } from "./host-process.ts";
import { describeHost, HostSlot } from "./host-slot.ts";
import { HostSums } from "./host-sums.ts";
import { findHolder } from "./host-token.ts";
import { type HostEntry, HostsFile } from "./hosts-file.ts";
import { SupervisedHost } from "./supervised-host.ts";
import type { SupervisorClock } from "./supervisor-clock.ts";

/** How often hosts are looked at. */
const LOOK_MS = 250;
/** A host that lost its channel may be about to end: looked at more often. */
const CLOSE_LOOK_MS = 25;
/** A look that comes so much too late was held up by the agent itself, which did not hear any host meanwhile. */
const LAG_MS = 1_000;
/** The agent does not wait longer for hosts to attach. */
const READY_MS_MAX = 15_000;
/** A host that cannot be told policies does not serve for longer, whether or not its successor does. */
const FOREIGN_MS_MAX = 60_000;
/** A host that did not read by then what it must know is left without, and ends. */
const TELL_MS_MAX = 1_000;
/** After SIGKILL. What is in the kernel's hands for longer is given up. */
const KILLED_MS_MAX = 5_000;

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
 * behind. What it must know for that is in `hosts.json`, written before a process may do anything.
 */
export class HostSupervisor implements HostFleet {
  private readonly options: HostSupervisorOptions;
  private readonly clock: SupervisorClock;
  private readonly configKey: string;
  private readonly file: HostsFile;
  private readonly slots: readonly HostSlot[];
  /** By instance: all processes that live, as far as is known. */
  private readonly hosts = new Map<string, SupervisedHost>();
  private readonly sums = new HostSums();
  private readonly signal: ChangeSignal;
  private lastLookMs: number;
  private cancelLook: (() => void) | undefined;
  private stopping: Promise<void> | undefined;
  private stopped = false;

  /**
   * Reads which hosts there are. From then on they can attach. Throws WEIR_CONFIG_INVALID where that cannot be known: hosts
   * that nobody knows of would go on under old policy.
   */
  static async open(options: HostSupervisorOptions): Promise<HostSupervisor> {
    const supervisor = new HostSupervisor(options);
    const { file } = supervisor;
    let entries: readonly HostEntry[];
    try {
      entries = await file.load();
    } catch (error) {
      throw new WeirError(
        "WEIR_CONFIG_INVALID",
        `${file.path} cannot be read: ${reasonOf(error)}; end the host processes that are left (docs/operations.md tells how), then remove it`,
        { cause: error },
      );
    }
    for (const entry of entries) supervisor.find(entry);
    return supervisor;
  }

  private constructor(options: HostSupervisorOptions) {
    const { clock, config, hosts, random } = options;
    this.options = options;
    this.clock = clock;
    this.configKey = hostConfigKey(config);
    this.slots = Array.from({ length: hosts }, (_, index) => new HostSlot(index, random));
    this.file = new HostsFile(join(config.stateDir, "hosts.json"), () => this.entries());
    this.signal = new ChangeSignal(clock);
    this.lastLookMs = clock.monotonicMs();
  }

  /** Starts what is missing. Where no hosts are wanted, it settles when none accepts connections any more. */
  async start(): Promise<void> {
    this.look();
    await this.save();
    for (const slot of this.slots) if (slot.host === undefined) this.launch(slot);
    this.retire();
    const accepting = (): boolean => [...this.hosts.values()].some((host) => !host.closed);
    while (this.slots.length === 0 && this.stopping === undefined && accepting()) await this.signal.next();
  }

  /** Whose token this is; undefined: nobody's. */
  authenticate(token: string): HostIdentity | undefined {
    return findHolder(token, this.entries());
  }

  /** A host that was authenticated attaches; undefined: it has ended meanwhile. */
  attach(instance: string, channel: HostChannel): HostAttachment | undefined {
    const host = this.hosts.get(instance);
    if (host === undefined) return undefined;
    host.attached(channel);
    this.signal.changed();
    return {
      report: (report) => this.heard(host, channel, report),
      detached: () => {
        host.detached(channel);
        this.lookClosely(host);
        this.signal.changed();
      },
    };
  }

  async ready(): Promise<void> {
    const deadlineMs = this.clock.monotonicMs() + READY_MS_MAX;
    // Those that end are waited for, too: what they have taken is known when they have told.
    const told = ({ report, foreign }: SupervisedHost): boolean => report !== undefined || foreign;
    // One that ends again and again is not waited for in its pauses.
    const settled = ({ host, lastEnd, launching }: HostSlot): boolean =>
      host !== undefined || (lastEnd !== undefined && launching === undefined);
    const isReady = (): boolean => this.slots.every(settled) && [...this.hosts.values()].every(told);
    while (!isReady() && this.stopping === undefined) {
      const leftMs = deadlineMs - this.clock.monotonicMs();
      if (leftMs <= 0) return;
      await this.signal.next(leftMs);
    }
  }

  serving(): readonly string[] {
    const all = [...this.hosts.values()].filter(({ foreign, report }) => !foreign && report !== undefined);
    return all.filter(({ report }) => report?.state !== "starting").map(({ entry }) => entry.instance);
  }

  reports(): readonly FleetReport[] {
    const nowMs = this.clock.monotonicMs();
    const wanted = this.slots.map((slot) => slot.report(nowMs));
    return [...wanted, ...this.others().map((host) => describeHost(host, nowMs))];
  }

  listeners(): readonly HostListeners[] {
    return [...this.hosts.values()].map((host) => ({
      wanted: this.slots[host.entry.index]?.host === host,
      listeners: host.report?.listeners ?? [],
    }));
  }

  nextReport(): Promise<void> {
    return this.signal.next();
  }

  counters(): Readonly<Record<string, number>> {
    return this.sums.with([...this.hosts.values()].flatMap(({ report }) => report ?? []));
  }

  /** Ends all hosts within the grace and a little more, or leaves them where that was asked for. Never rejects. */
  stop(graceMs: number): Promise<void> {
    this.stopping ??= this.end(graceMs);
    return this.stopping;
  }

  /**
   * The agent cannot go on: the hosts that it has started end, those that outlived another agent serve on. Does nothing
   * after `stop`. Never rejects.
   */
  abandon(): Promise<void> {
    this.stopping ??= this.endOwn();
    return this.stopping;
  }

  /** Within the call; the agent's process is about to end. */
  kill(): void {
    if (this.options.detach) return;
    for (const { process } of this.hosts.values()) process.signal("SIGKILL");
  }

  private async endOwn(): Promise<void> {
    for (const slot of this.slots) slot.cancelLaunch?.();
    await Promise.all(this.slots.map(({ launching }) => launching));
    const own = [...this.hosts.values()].filter(({ adopted }) => !adopted);
    for (const host of own) host.kill("its agent could not start");
    await Promise.all(own.map(({ process }) => process.ended));
    for (const { process } of this.hosts.values()) process.release();
    this.stopped = true;
    this.cancelLook?.();
    await this.save();
  }

  private async end(graceMs: number): Promise<void> {
    for (const slot of this.slots) slot.cancelLaunch?.();
    // Nobody else would know of a process that is being started now.
    await Promise.all(this.slots.map(({ launching }) => launching));
    if (this.options.detach) await this.leave();
    else await this.endAll(graceMs);
    this.stopped = true;
    this.cancelLook?.();
    await this.save();
    this.signal.changed();
  }

  private async leave(): Promise<void> {
    const hosts = [...this.hosts.values()];
    const timeout = Promise.withResolvers<void>();
    const cancel = this.clock.after(TELL_MS_MAX, timeout.resolve);
    await Promise.race([Promise.all(hosts.map(({ told }) => told)), timeout.promise]);
    cancel();
    for (const { process } of hosts) process.release();
  }

  private async endAll(graceMs: number): Promise<void> {
    for (const host of this.hosts.values()) host.drain(graceMs, this.clock.monotonicMs());
    let givenUpMs = Number.POSITIVE_INFINITY;
    while (this.hosts.size > 0 && this.clock.monotonicMs() < givenUpMs) {
      await this.signal.next(LOOK_MS);
      const allKilled = [...this.hosts.values()].every((host) => host.wasKilled);
      if (allKilled) givenUpMs = Math.min(givenUpMs, this.clock.monotonicMs() + KILLED_MS_MAX);
    }
  }

  /** One that an agent before this one has left. */
  private find(entry: HostEntry): void {
    const { processes } = this.options;
    const slot = this.slots[entry.index];
    const process = processes.find(entry.pid, entry.start);
    if (process === undefined) {
      const { time, pid, reason } = this.tellEnd(entry, "ended while no agent ran", false, undefined);
      if (slot !== undefined) slot.lastEnd = { time, pid, reason };
      return;
    }
    const host = new SupervisedHost(entry, process, true, this.clock.monotonicMs());
    this.watch(host);
    const same = !host.foreign && entry.configKey === this.configKey;
    if (same && slot !== undefined && slot.host === undefined) slot.host = host;
    else host.retiring = true;
  }

  private launch(slot: HostSlot): void {
    slot.cancelLaunch = undefined;
    const launching = this.startHost(slot).finally(() => {
      if (slot.launching === launching) slot.launching = undefined;
      this.signal.changed();
    });
    slot.launching = launching;
  }

  /** Never rejects. */
  private async startHost(slot: HostSlot): Promise<void> {
    const { config, processes, events } = this.options;
    const { index } = slot;
    const launch = prepareLaunch(index, config);
    const { instance } = launch;
    const startedMs = this.clock.monotonicMs();
    let process: HostProcess;
    try {
      process = await processes.start(index);
    } catch (error) {
      const end = this.tellEnd({ index, instance, pid: 0 }, notStarted(error), false, undefined);
      this.slotEnded(slot, end, startedMs);
      return;
    }
    const host = new SupervisedHost(launch.entryOf(process, this.timeText()), process, false, startedMs);
    slot.host = host;
    this.watch(host);
    try {
      await this.file.save();
    } catch (error) {
      // If this agent were killed, nobody could find the process.
      host.kill(notStarted(error));
      return;
    }
    if (!this.hosts.has(instance)) return;
    host.told = process.tell(launch.bootstrap(slot.served));
    events.onStarted({ index, instance, pid: process.pid });
  }

  private watch(host: SupervisedHost): void {
    this.hosts.set(host.entry.instance, host);
    void host.process.ended.then((how) => this.ended(host, how));
  }

  private ended(host: SupervisedHost, how: string): void {
    const { entry, report, startedMs } = host;
    // Its channel stays until what the process had sent has been read.
    this.hosts.delete(entry.instance);
    if (report !== undefined) this.sums.add(report);
    const end = this.tellEnd(entry, host.endReason(how), host.draining, report);
    const slot = this.slots[entry.index];
    if (slot?.host === host) {
      slot.host = undefined;
      this.slotEnded(slot, end, startedMs);
    }
    void this.save();
    this.retire();
    this.signal.changed();
  }

  /** Starts the next one, after a pause if too many have ended. */
  private slotEnded(slot: HostSlot, { time, pid, reason }: HostEnd, startedMs: number): void {
    slot.lastEnd = { time, pid, reason };
    if (this.stopping !== undefined) return;
    slot.restarts += 1;
    const delayMs = slot.backoff.delayMs(this.clock.monotonicMs() - startedMs);
    slot.cancelLaunch = this.clock.after(delayMs, () => this.launch(slot));
  }

  private tellEnd(
    { index, instance, pid }: HostIdentity,
    reason: string,
    expected: boolean,
    report: HostSelfReport | undefined,
  ): HostEnd {
    const about = { index, instance, pid, time: this.timeText(), reason, expected };
    const end = { ...about, connections: report?.connections ?? 0, ...(report === undefined ? {} : { report }) };
    void this.options.events.onEnded(end).then((recordsLost) => {
      const slot = this.slots[index];
      if (slot !== undefined) slot.recordsLost += recordsLost;
      this.signal.changed();
    });
    return end;
  }

  private heard(host: SupervisedHost, channel: HostChannel, report: HostSelfReport): void {
    // A channel that another one has replaced may still deliver.
    if (host.channel !== channel) return;
    const first = host.report === undefined;
    host.heard(report, this.clock.monotonicMs());
    for (const event of report.ends) this.options.events.onExtensionHost(host.entry, event);
    if (first && host.adopted && !host.retiring) this.adopt(host, report);
    const slot = this.slots[host.entry.index];
    if (slot !== undefined && host.serves) slot.served = true;
    if (slot?.host === host && host.closed && !host.draining) this.replace(slot, host);
    this.retire();
    this.signal.changed();
  }

  /** Somebody else has told it to end: another one serves before its last connection has ended. */
  private replace(slot: HostSlot, host: SupervisedHost): void {
    if (this.stopping !== undefined) return;
    host.retiring = true;
    slot.host = undefined;
    slot.restarts += 1;
    this.launch(slot);
  }

  /** What the file says of a host and what it says itself must agree. */
  private adopt(host: SupervisedHost, { version, configKey }: HostSelfReport): void {
    const { index, instance, pid } = host.entry;
    if (version === HOST_PROTOCOL_VERSION && configKey === this.configKey) {
      this.options.events.onAdopted({ index, instance, pid });
      return;
    }
    host.retiring = true;
    const slot = this.slots[index];
    if (slot?.host !== host) return;
    slot.host = undefined;
    this.launch(slot);
  }

  /** Tells hosts that are not wanted to end, as soon as those that are wanted serve in their place. */
  private retire(): void {
    const serves = ({ host }: HostSlot): boolean => host?.serves === true;
    const nowMs = this.clock.monotonicMs();
    for (const host of this.others()) {
      if (!host.retiring || host.draining) continue;
      const slot = this.slots[host.entry.index];
      const replaced = slot === undefined ? this.slots.every(serves) : serves(slot);
      const overdue = host.foreign && nowMs - host.startedMs >= FOREIGN_MS_MAX;
      if (replaced || overdue) host.drain(this.options.drainMs(), nowMs);
    }
  }

  private look(): void {
    const nowMs = this.clock.monotonicMs();
    const lagMs = nowMs - this.lastLookMs - LOOK_MS;
    this.lastLookMs = nowMs;
    for (const host of this.hosts.values()) {
      host.process.look();
      if (lagMs >= LAG_MS) host.forgiveLag(lagMs, nowMs);
      const why = host.overdue(nowMs);
      if (why !== undefined) host.kill(why);
      // The signal could not be sent where the agent had too many files open.
      else if (host.wasKilled) host.process.signal("SIGKILL");
    }
    this.retire();
    this.cancelLook = this.clock.after(LOOK_MS, () => this.look());
  }

  /** As long as it is not attached. The end of a process that is no child is not told. */
  private lookClosely(host: SupervisedHost): void {
    const lost = this.hosts.has(host.entry.instance) && host.channel === undefined;
    if (!lost || !host.adopted || this.stopped) return;
    host.process.look();
    this.clock.after(CLOSE_LOOK_MS, () => this.lookClosely(host));
  }

  /** Hosts that are in nobody's place any more. */
  private others(): readonly SupervisedHost[] {
    return [...this.hosts.values()].filter((host) => this.slots[host.entry.index]?.host !== host);
  }

  private entries(): readonly HostEntry[] {
    return [...this.hosts.values()].map(({ entry }) => entry);
  }

  /** Never rejects: a host too many in the file is no harm, since it is looked for before it is believed in. */
  private async save(): Promise<void> {
    await this.file.save().catch((error: unknown) => {
      this.options.logger.error({}, `${this.file.path} cannot be written: ${reasonOf(error)}`);
    });
  }

  private timeText(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

function notStarted(error: unknown): string {
  return `could not start: ${reasonOf(error)}`;
}
