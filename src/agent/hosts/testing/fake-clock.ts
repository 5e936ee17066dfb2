import type { SupervisorClock } from "../supervisor-clock.ts";

interface Task {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes when a test says so. */
export class FakeClock implements SupervisorClock {
  private nowMs = 0;
  private readonly tasks = new Set<Task>();

  now(): number {
    return 1_700_000_000_000 + this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const task = { atMs: this.nowMs + delayMs, run };
    this.tasks.add(task);
    return () => this.tasks.delete(task);
  }

  /** Milliseconds until the next task; undefined: there is none. */
  untilNext(): number | undefined {
    const next = this.next();
    return next === undefined ? undefined : next.atMs - this.nowMs;
  }

  /** Lets time pass, task by task; between them, whatever they have set off goes on. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (let task = this.next(); task !== undefined && task.atMs <= endMs; task = this.next()) {
      this.nowMs = Math.max(this.nowMs, task.atMs);
      this.tasks.delete(task);
      task.run();
      await turn();
    }
    this.nowMs = endMs;
    await turn();
  }

  /** The process stands still meanwhile: what was due runs late. */
  async standStill(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.pass(0);
  }

  /** The agent is killed: nothing that it had planned happens. */
  forget(): void {
    this.tasks.clear();
  }

  private next(): Task | undefined {
    let first: Task | undefined;
    for (const task of this.tasks) if (first === undefined || task.atMs < first.atMs) first = task;
    return first;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
