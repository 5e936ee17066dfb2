import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostIdentity } from "../../../api/host-identity.ts";
import type { HostSelfReport } from "../../../api/host-report.ts";
import type { Logger } from "../../../lib/log.ts";
import { timeoutSchedule } from "../../../lib/schedule.ts";
import type { HostChannel } from "../../../server/xds/host-channel.ts";
import { HostsServer } from "../../../server/xds/hosts-server.ts";
import type { ResourceConsumer } from "../../../xds/resource.ts";
import { ResourceDistribution } from "../../../xds/resource-distribution.ts";
import { ModelConsumer } from "../../../xds/testing/model-consumer.ts";
import { AgentLink } from "../agent-link.ts";
import type { HostCommand, RecordOutlet } from "../link-options.ts";

/** Settles when something holds that other code brings about. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Keeps what is logged, as one text a line. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(fields: object, message: string): void {
    this.lines.push(`info ${message} ${JSON.stringify(fields)}`);
  }
  warn(fields: object, message: string): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields)}`);
  }
  error(fields: object, message: string): void {
    this.lines.push(`error ${message} ${JSON.stringify(fields)}`);
  }
  get text(): string {
    return this.lines.join("\n");
  }
}

export function tokenOf(host: number): string {
  return `secret-of-host-${host}`;
}

export function reportOf(host: number, changes: Partial<HostSelfReport> = {}): HostSelfReport {
  return {
    instance: `host-${host}`,
    index: host,
    pid: 4711,
    startedAt: "2026-11-01T10:00:00.000Z",
    version: 1,
    configKey: "key",
    state: "running",
    connections: 0,
    counters: {},
    listeners: [],
    records: { made: 0, lost: 0, spooled: 0 },
    extensionHosts: [],
    ends: [],
    ...changes,
  };
}

/** The agent's side of a socket, without the rest of an agent. Knows two hosts. */
export class JoinedAgent {
  readonly distribution: ResourceDistribution;
  readonly log: KeptLog = new KeptLog();
  readonly reports: HostSelfReport[] = [];
  /** Instances, as they came and went: `+host-0`, `-host-0`. */
  readonly attachments: string[] = [];
  readonly channels = new Map<string, HostChannel>();
  readonly batches: string[] = [];
  /** Instances, each time that one sends no more records on its connection. */
  readonly recordsEnded: string[] = [];
  /** What `onRecords` gives back. */
  acknowledged: (batch: string) => Promise<number> = () => Promise.resolve(this.batches.length);
  /** Whether tokens of its hosts are known to it at present. */
  knows: () => boolean = () => true;
  /** Tokens that it did not know. */
  refused = 0;
  private server: HostsServer | undefined;

  constructor(epoch: string, answerMs = 60_000) {
    this.distribution = new ResourceDistribution({
      epoch,
      versionOf: (value) => createHash("sha256").update(value).digest("base64url"),
      schedule: timeoutSchedule,
      answerMs,
    });
  }

  async open(socketPath: string, times = { authenticateMs: 60_000, pingMs: 60_000 }): Promise<void> {
    this.server = await HostsServer.open({
      socketPath,
      distribution: this.distribution,
      authenticate: (token): HostIdentity | undefined => {
        const index = this.knows() ? [0, 1].find((host) => tokenOf(host) === token) : undefined;
        if (index === undefined) this.refused += 1;
        return index === undefined ? undefined : { index, instance: `host-${index}` };
      },
      onAttach: ({ instance }, channel) => {
        this.attachments.push(`+${instance}`);
        this.channels.set(instance, channel);
        return {
          report: (report) => this.reports.push(report),
          detached: () => this.attachments.push(`-${instance}`),
        };
      },
      onRecords: (_host, records) => {
        const batch = Buffer.from(records).toString();
        this.batches.push(batch);
        return this.acknowledged(batch);
      },
      onRecordsEnd: ({ instance }) => this.recordsEnded.push(instance),
      logger: this.log,
      times,
    });
  }

  put(kind: Parameters<ResourceDistribution["put"]>[0], name: string, content: string): string {
    return this.distribution.put(kind, name, Buffer.from(content));
  }

  async close(): Promise<void> {
    await this.server?.close();
  }
}

/** Batches that wait, and those that were acknowledged. */
export class KeptRecords implements RecordOutlet {
  readonly waiting: string[] = [];
  acknowledged = 0;
  private send: ((batch: { readonly bytes: Uint8Array }) => void) | undefined;

  add(batch: string): void {
    this.waiting.push(batch);
    this.send?.({ bytes: Buffer.from(batch) });
  }

  attach(send: (batch: { readonly bytes: Uint8Array }) => void): void {
    this.send = send;
    for (const batch of this.waiting.slice(this.acknowledged)) send({ bytes: Buffer.from(batch) });
  }

  detach(): void {
    this.send = undefined;
  }

  acknowledge(next: number): void {
    this.acknowledged = next;
  }
}

/** A host's side of a socket, without the rest of a host. */
export class JoinedHost {
  readonly log: KeptLog = new KeptLog();
  readonly records: KeptRecords = new KeptRecords();
  readonly commands: HostCommand[] = [];
  readonly link: AgentLink;
  connections = 0;
  /** How often no agent has known it for too long. */
  unknown = 0;
  /** Put forward by tests. */
  aheadMs = 0;

  constructor(socketPath: string, consumer: ResourceConsumer, token: string = tokenOf(0), instance = "host-0") {
    this.link = new AgentLink({
      socketPath,
      token,
      instance,
      consumer,
      records: this.records,
      onOrder: (command) => this.commands.push(command),
      logger: this.log,
      schedule: timeoutSchedule,
      monotonicMs: () => performance.now() + this.aheadMs,
      onUnknown: () => {
        this.unknown += 1;
      },
      random: () => 0.999,
      onConnected: (connected) => {
        this.connections += connected ? 1 : 0;
      },
    });
  }
}

/** A folder for sockets, and everything that a test has to end. */
export class JoinedWorld {
  readonly folder: string;
  private readonly agents: JoinedAgent[] = [];
  private readonly hosts: JoinedHost[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<JoinedWorld> {
    return new JoinedWorld(await mkdtemp(join(tmpdir(), "weir-xds-")));
  }

  get socketPath(): string {
    return join(this.folder, "xds.sock");
  }

  async agent(epoch: string, answerMs?: number, times?: Parameters<JoinedAgent["open"]>[1]): Promise<JoinedAgent> {
    const agent = new JoinedAgent(epoch, answerMs);
    await agent.open(this.socketPath, times);
    this.agents.push(agent);
    return agent;
  }

  host(consumer: ResourceConsumer = new ModelConsumer(), socketPath: string = this.socketPath): JoinedHost {
    const host = new JoinedHost(socketPath, consumer);
    this.hosts.push(host);
    host.link.start();
    return host;
  }

  async end(): Promise<void> {
    for (const host of this.hosts) await host.link.close();
    for (const agent of this.agents) await agent.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
