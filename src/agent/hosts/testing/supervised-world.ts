import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { HostSelfReport } from "../../../api/host-report.ts";
import { HOST_PROTOCOL_VERSION } from "../../../host/bootstrap.ts";
import { type LogLevel, silentLogger } from "../../../lib/log.ts";
import type { HostAttachment } from "../../../server/xds/host-channel.ts";
import type { HostEnd } from "../host-events.ts";
import { HostSupervisor, type HostSupervisorOptions } from "../host-supervisor.ts";
import type { HostEntry } from "../hosts-file.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeProcess, FakeProcesses } from "./fake-processes.ts";

/** One attached host, and what the supervisor has said to it. */
export class AttachedFake {
  readonly heard: string[] = [];
  readonly process: FakeProcess;
  private readonly attachment: HostAttachment;

  constructor(supervisor: HostSupervisor, process: FakeProcess) {
    this.process = process;
    const { told } = process;
    assert.ok(told, `process ${process.pid} was told nothing`);
    const identity = supervisor.authenticate(told.token);
    assert.equal(identity?.instance, told.instance);
    const attachment = supervisor.attach(told.instance, {
      drain: (graceMs) => void this.heard.push(`drain ${graceMs}`),
      close: () => void this.heard.push("close"),
    });
    assert.ok(attachment);
    this.attachment = attachment;
  }

  report(change: Partial<HostSelfReport> = {}): void {
    const { told, pid } = this.process;
    assert.ok(told);
    this.attachment.report({
      instance: told.instance,
      index: told.index,
      pid,
      startedAt: "2026-01-01T00:00:00.000Z",
      version: HOST_PROTOCOL_VERSION,
      configKey: told.configKey,
      state: "running",
      connections: 0,
      counters: {},
      listeners: [],
      records: { made: 0, lost: 0, spooled: 0 },
      extensionHosts: [],
      ends: [],
      ...change,
    });
  }

  detach(): void {
    this.attachment.detached();
  }
}

/** A state directory, processes and time for supervisors that come one after the other, as agents do. */
export class SupervisedWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly processes: FakeProcesses = new FakeProcesses();
  /** `started 0`, `adopted 0`, `ended 0: reason`. */
  readonly events: string[] = [];
  readonly ends: HostEnd[] = [];
  readonly stateDir: string;

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  static async create(t: TestContext): Promise<SupervisedWorld> {
    const stateDir = await mkdtemp(join(tmpdir(), "weir-hosts-"));
    t.after(() => rm(stateDir, { recursive: true }));
    return new SupervisedWorld(stateDir);
  }

  open(change: Partial<HostSupervisorOptions> & { readonly logLevel?: LogLevel } = {}): Promise<HostSupervisor> {
    const { logLevel = "info", ...options } = change;
    const extensionLimits = {
      memoryBytesMax: 1,
      bufferedBytesMax: 1,
      connectionsMax: 1,
      callMs: 1,
      answerMs: 1,
    };
    return HostSupervisor.open({
      hosts: 1,
      config: { stateDir: this.stateDir, configFile: "/etc/weir.yaml", extensions: [], extensionLimits, logLevel },
      detach: false,
      drainMs: () => 5_000,
      processes: this.processes,
      events: {
        onStarted: ({ index }) => void this.events.push(`started ${index}`),
        onAdopted: ({ index }) => void this.events.push(`adopted ${index}`),
        onExtensionHost: ({ index }, { event }) => void this.events.push(`extension host ${event} ${index}`),
        onEnded: async (end) => {
          this.ends.push(end);
          this.events.push(`ended ${end.index}: ${end.reason}`);
          return end.report?.records.lost ?? 0;
        },
      },
      clock: this.clock,
      random: () => 0,
      logger: silentLogger,
      ...options,
    });
  }

  /** The n-th process that was ever started, from 0, as soon as it was told what it must know. */
  async process(n: number): Promise<FakeProcess> {
    await until(() => this.processes.started[n]?.told !== undefined);
    return this.processes.started[n] as FakeProcess;
  }

  async attach(supervisor: HostSupervisor, n: number): Promise<AttachedFake> {
    return new AttachedFake(supervisor, await this.process(n));
  }

  /** Nothing that it had planned happens, and it hears nothing any more. */
  killAgent(): void {
    this.clock.forget();
    this.processes.forgetAgent();
  }

  /** Ends a supervisor, whose hosts do as they are told. */
  async end(supervisor: HostSupervisor): Promise<void> {
    const stopped = supervisor.stop(0);
    for (const process of this.processes.started) process.end("exited with code 0");
    await stopped;
  }

  /** Settles when the list names exactly these processes. */
  async listed(pids: readonly number[]): Promise<void> {
    let found: readonly number[] = [];
    do found = (await this.entries()).map(({ pid }) => pid);
    while (found.join() !== pids.join());
  }

  /** Another one as soon as the list is written anew. */
  async listNumber(): Promise<number> {
    return (await stat(join(this.stateDir, "hosts.json"))).ino;
  }

  async entries(): Promise<readonly HostEntry[]> {
    const path = join(this.stateDir, "hosts.json");
    if (!existsSync(path)) return [];
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    return (JSON.parse(await readFile(path, "utf8")) as { readonly hosts: readonly HostEntry[] }).hosts;
  }
}

/** Waits for real work, such as writing a file. Fake time does not pass meanwhile. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
