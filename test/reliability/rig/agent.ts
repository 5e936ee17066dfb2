import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostReport, StatusReport } from "../../../src/api/rest.ts";
import { createClient, type WeirClient } from "../../../src/client/client.ts";
import { repositoryRoot } from "../../support/repository.ts";
import { MARK } from "./process-table.ts";
import { until, within } from "./until.ts";

const WEIR = ["--conditions=weir-source", join(repositoryRoot, "src/cli/main.ts")];
const STATUS_MS = 5_000;
const END_MS = 30_000;

export interface AgentFiles {
  readonly configuration: string;
  readonly policy: string;
}

/** A real `weir agent` that can be killed and started again in the same folder. */
export class Agent {
  readonly folder: string;
  readonly client: WeirClient;
  private readonly mark: string;
  private readonly logFile: string;
  private child: ChildProcess | undefined;
  /** What agents that have ended had counted as lost. */
  private lostBefore = 0;

  /** @param mark Carried in the environment by the agent and by what it starts. */
  constructor(folder: string, mark: string, files: AgentFiles) {
    this.folder = folder;
    this.mark = mark;
    this.logFile = join(folder, "agent.log");
    this.client = createClient(join(folder, "run/weir.sock"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "weir.yaml"), files.configuration);
    writeFileSync(join(folder, "policy.yaml"), files.policy);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get accessLog(): string {
    return join(this.folder, "run/access.log");
  }

  /** Starts it; `ready` says when it serves. Its output goes to a file, which its hosts may hold open after its end. */
  async start(...options: string[]): Promise<void> {
    const file = openSync(this.logFile, "a", 0o600);
    const child = spawn(process.execPath, [...WEIR, "agent", "--config", join(this.folder, "weir.yaml"), ...options], {
      cwd: this.folder,
      stdio: ["ignore", file, file],
      env: { ...process.env, [MARK]: this.mark },
    });
    closeSync(file);
    this.child = child;
    await once(child, "spawn");
  }

  /** Settles when the agent is ready, and all that it runs. */
  async ready(): Promise<StatusReport> {
    let last = "it does not answer";
    try {
      return await until("the agent to be ready", async () => {
        if (this.child?.exitCode !== null || this.child.signalCode !== null)
          throw new Error("the agent ended by itself");
        const status = await this.client.status(STATUS_MS).catch(() => undefined);
        if (status === undefined) return undefined;
        last = JSON.stringify(status, undefined, 1);
        const hosts = status.dataPlanes.flatMap((plane) => plane.hosts ?? []);
        return status.agent.state === "ready" && hosts.every(runs) && status;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; its last status: ${last}\n${this.log()}`);
    }
  }

  async status(): Promise<StatusReport> {
    return await this.client.status(STATUS_MS);
  }

  async hosts(): Promise<readonly HostReport[]> {
    return (await this.status()).dataPlanes.flatMap((plane) => plane.hosts ?? []);
  }

  /** Records that never reached the access log, as all agents until now have counted. Those lost with hosts stand there. */
  async recordsLost(): Promise<number> {
    const samples = (await this.client.metrics()).filter(({ name }) => name === "weir_access_log_lost_total");
    return samples.reduce((sum, { value }) => sum + value, this.lostBefore);
  }

  /** To be called before an agent is ended: the next one begins to count anew. */
  async keepCounts(): Promise<void> {
    this.lostBefore = await this.recordsLost();
  }

  kill(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async ended(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await within("the agent to end", once(child, "exit"), END_MS);
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8").slice(-40_000) : "";
  }
}

function runs(host: HostReport): boolean {
  return host.state === "running" && host.extensionHosts.every(({ state }) => state === "running");
}

/** Where weir listens in front of an endpoint. */
export function listenPortOf(status: StatusReport, endpoint: string): number {
  const listeners = status.dataPlanes.flatMap((plane) => plane.listeners);
  const listen = listeners.find((listener) => listener.endpoint === endpoint)?.listen;
  if (listen === undefined) throw new Error(`no listener stands in front of ${endpoint}`);
  return Number(listen.split(":").at(-1));
}
