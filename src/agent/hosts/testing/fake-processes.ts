import type { HostBootstrap } from "../../../host/bootstrap.ts";
import type { HostProcess, HostProcesses } from "../host-process.ts";

/** A process that does what a test says. */
export class FakeProcess {
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
}

/** The operating system of a test. Agents that come one after the other share it. */
export class FakeProcesses implements HostProcesses {
  /** All that were ever started. */
  readonly started: FakeProcess[] = [];
  /** Why none can be started; undefined: they can. */
  refusal: string | undefined;
  private readonly alive = new Map<number, FakeProcess>();
  private agent = 0;

  async start(): Promise<HostProcess> {
    if (this.refusal !== undefined) throw new Error(this.refusal);
    const process = new FakeProcess(1000 + this.started.length);
    this.started.push(process);
    this.alive.set(process.pid, process);
    void process.ended.then(() => this.alive.delete(process.pid));
    return this.handle(process);
  }

  find(pid: number, start: string): HostProcess | undefined {
    const process = this.alive.get(pid);
    return process?.start === start ? this.handle(process) : undefined;
  }

  /** Whoever has started or found processes until now hears nothing of them any more. */
  forgetAgent(): void {
    this.agent += 1;
  }

  private handle(process: FakeProcess): HostProcess {
    const { pid, start, ended, signals } = process;
    const { agent } = this;
    return {
      pid,
      start,
      ended: new Promise((resolve) => {
        void ended.then((how) => {
          if (agent === this.agent) resolve(how);
        });
      }),
      async tell(bootstrap) {
        process.told = bootstrap;
      },
      signal(signal) {
        signals.push(signal);
        if (signal === "SIGKILL") process.end("killed by SIGKILL");
      },
      look() {},
      release() {
        process.released = true;
      },
    };
  }
}
