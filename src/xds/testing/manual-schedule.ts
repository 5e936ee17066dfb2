import type { Schedule } from "../../lib/schedule.ts";

/** Time that passes only when it is told to. */
export class ManualSchedule {
  private now = 0;
  private tasks: { readonly at: number; readonly task: () => void }[] = [];

  readonly schedule: Schedule = (delayMs, task) => {
    const entry = { at: this.now + delayMs, task };
    this.tasks.push(entry);
    return () => {
      this.tasks = this.tasks.filter((one) => one !== entry);
    };
  };

  get waiting(): number {
    return this.tasks.length;
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.tasks.filter(({ at }) => at <= this.now);
    this.tasks = this.tasks.filter(({ at }) => at > this.now);
    for (const { task } of due) task();
  }
}
