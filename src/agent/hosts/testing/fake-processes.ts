import type { HostBootstrap } from "../../../host/bootstrap.ts";
import type { HostProcess, HostProcesses } from "../host-process.ts";

/** A process that does what a test says. */
export class FakeProcess implements HostProcess {
  readonly pid: number;
  readonly start: string;
  readonly ended: Promise<string>;
  readonly end: (how: string) => void;
  readonly signals: string[] = [];
  told: HostBootstrap | undefined;
  released = false;

  constructor(pid: number) {
    this.pid = pid;
    this.start = `start of ${pid}`;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.end = resolve;
  }

  async tell(bootstrap: HostBootstrap): Promise<void> {
    this.told = bootstrap;
  }

  signal(signal: "SIGTERM" | "SIGKILL"): void {
    this.signals.push(signal);
    if (signal === "SIGKILL") this.end("killed by SIGKILL");
  }

  look(): void {}

  release(): void {
    this.released = true;
  }
}

/** The operating system of a test. Agents that come one after the other share it. */
export class FakeProcesses implements HostProcesses {
  /** All that were ever started. */
  readonly started: FakeProcess[] = [];
  /** Why none can be started; undefined: they can. */
  refusal: string | undefined;
  private readonly alive = new Map<number, FakeProcess>();

  async start(): Promise<HostProcess> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    const process = new FakeProcess(1000 + this.started.length);
    this.started.push(process);
    this.alive.set(process.pid, process);
    void process.ended.then(() => this.alive.delete(process.pid));
    return process;
  }

  find(pid: number, start: string): HostProcess | undefined {
    const process = this.alive.get(pid);
    return process?.start === start ? process : undefined;
  }
}
