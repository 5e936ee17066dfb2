import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { constants, setPriority } from "node:os";

/** A process of the battery itself, which is told things and tells things. It ends with this one. */
export class Worker {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;

  /** @param log What it writes goes there. */
  constructor(module: string, log: string) {
    const file = openSync(log, "a", 0o600);
    this.process = fork(module, [], { stdio: ["ignore", file, file, "ipc"], execArgv: [] });
    closeSync(file);
    // The load takes all that it gets. What is examined must be able to start while it goes on.
    setPriority(this.pid, constants.priority.PRIORITY_LOW);
    this.ended = once(this.process, "exit");
  }

  get pid(): number {
    return this.process.pid as number;
  }

  send(message: object): void {
    // Whoever has ended is noticed by its end.
    if (this.process.connected) this.process.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.ended;
  }
}
