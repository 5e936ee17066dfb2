import { LossWatch } from "../../accesslog/loss-watch.ts";
import type { Logger } from "../../lib/log.ts";

/** Tells which extension's records are left out: when that begins, at most every 10 s while it goes on, and at the end. */
export class DroppedRecords {
  private readonly counts: () => ReadonlyMap<string, number>;
  private readonly logger: Logger;
  private readonly watch: LossWatch;
  private told: ReadonlyMap<string, number> = new Map();

  /** @param counts By extension, since the start of the host. */
  constructor(counts: () => ReadonlyMap<string, number>, logger: Logger) {
    this.counts = counts;
    this.logger = logger;
    this.watch = new LossWatch({ lost: () => this.count, onLoss: () => this.tell() });
  }

  get count(): number {
    let sum = 0;
    for (const count of this.counts().values()) sum += count;
    return sum;
  }

  /** To be called often. @param nowMs Of a clock that never goes back. */
  look(nowMs: number): void {
    this.watch.look(nowMs);
  }

  /** Tells what has not been told. */
  close(): void {
    this.watch.close();
  }

  private tell(): void {
    const counts = new Map(this.counts());
    for (const [extension, count] of counts) {
      const dropped = count - (this.told.get(extension) ?? 0);
      if (dropped === 0) continue;
      this.logger.warn({ extension, dropped }, "the extension logs more than it may: records of it are left out");
    }
    this.told = counts;
  }
}
