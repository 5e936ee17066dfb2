import type { Schedule } from "../lib/schedule.ts";
import type { ResourceConsumer, ResourceUpdate } from "../xds/resource.ts";

/** An agent that has delivered nothing for so long, and not everything before, is away, or has not read all policy yet. */
export const QUIET_MS = 1_000;
/** So many times in a row it may deliver something, and yet not everything. */
const LOOKS_MAX = 15;

/**
 * Stands in front of whoever takes what an agent delivers, and tells whether that is worth waiting for: what was kept on
 * disk may be older, and allow what the newest policy denies, most of all where there is so much that it takes its time.
 */
export class AgentFirst implements ResourceConsumer {
  private readonly consumer: ResourceConsumer;
  private readonly schedule: Schedule;
  private readonly all = Promise.withResolvers<true>();
  /** Counts what was begun. */
  private begun = 0;
  private underWay = 0;

  constructor(consumer: ResourceConsumer, schedule: Schedule) {
    this.consumer = consumer;
    this.schedule = schedule;
  }

  begin(epoch: string): void {
    this.begun += 1;
    this.consumer.begin(epoch);
  }

  update(update: ResourceUpdate): Promise<string | undefined> {
    return this.work(() => this.consumer.update(update));
  }

  async synced(): Promise<void> {
    await this.work(() => this.consumer.synced());
    this.all.resolve(true);
  }

  /** @returns Whether everything has been delivered; false: nobody delivers, for now. */
  async delivers(): Promise<boolean> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const { begun } = this;
      const quiet = Promise.withResolvers<false>();
      const cancel = this.schedule(QUIET_MS, () => quiet.resolve(false));
      const isComplete = await Promise.race([this.all.promise, quiet.promise]);
      cancel();
      if (isComplete) return true;
      if (this.begun === begun && this.underWay === 0) return false;
    }
    return false;
  }

  private async work<T>(work: () => Promise<T>): Promise<T> {
    this.begun += 1;
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }
}
