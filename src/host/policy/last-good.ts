import { rm } from "node:fs/promises";
import { reasonOf } from "../../lib/error.ts";
import type { Schedule } from "../../lib/schedule.ts";
import { goesAlone } from "../../xds/pending-changes.ts";
import { RESOURCE_KINDS, type ResourceConsumer, type ResourceUpdate } from "../../xds/resource.ts";
import { KeptResources } from "./kept-resources.ts";
import { LAST_GOOD_BYTES_MAX, writeLastGood } from "./last-good-file.ts";
import { type LastGood, lastGoodBytes } from "./last-good-format.ts";

/** Changes that come together are written together. */
const WRITE_DELAY_MS = 200;
/** Of the time, at most every so many-th part goes into writing. */
const WRITE_SHARE = 10;
/** Resources that are handed over together, of kinds that may be. */
const BATCH_MAX = 1_000;

export interface LastGoodOptions {
  readonly path: string;
  /** Puts resources in force. */
  readonly consumer: ResourceConsumer;
  readonly schedule: Schedule;
  readonly bytesMax?: number;
  /** Told when the file cannot be kept, once until it can again. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Keeps on disk what is in force, as it was delivered, so that a host that is started while there is no agent can go on
 * where the one before it ended. Stands in front of whoever puts it in force. What changed in the last moments before a
 * host was killed may be missing: an agent that is there delivers it again.
 */
export class LastGoodKeeper implements ResourceConsumer {
  private readonly options: LastGoodOptions;
  private present: KeptResources | undefined;
  /** What another agent delivers, until it is complete. */
  private next: KeptResources | undefined;
  private cancel: (() => void) | undefined;
  private writing: Promise<void> | undefined;
  private delayMs = WRITE_DELAY_MS;
  private failed = false;
  private closed = false;

  constructor(options: LastGoodOptions) {
    this.options = options;
  }

  begin(epoch: string): void {
    this.next = new KeptResources(epoch);
    this.options.consumer.begin(epoch);
  }

  async update(update: ResourceUpdate): Promise<string | undefined> {
    const reason = await this.options.consumer.update(update);
    (this.next ?? this.present)?.note(update, reason === undefined, this.present);
    if (this.next === undefined) this.changed();
    return reason;
  }

  async synced(): Promise<void> {
    await this.options.consumer.synced();
    if (this.next === undefined) return;
    this.present = this.next;
    this.next = undefined;
    this.changed();
  }

  /** Settles when what was to be written by now is, or has failed. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** Writes no more: the file belongs to another host from now on. */
  async close(): Promise<void> {
    this.closed = true;
    this.cancel?.();
    await this.writing;
  }

  private changed(): void {
    if (this.closed || this.cancel !== undefined) return;
    this.cancel = this.options.schedule(this.delayMs, () => {
      this.cancel = undefined;
      // Changes that come while it is written are written after it.
      if (this.writing === undefined) this.writing = this.write();
      else void this.writing.then(() => this.changed());
    });
  }

  private async write(): Promise<void> {
    const { path, onProblem } = this.options;
    const begunMs = performance.now();
    try {
      // Nothing is written before something is in force.
      const lastGood = (this.present as KeptResources).lastGood();
      const bytes = lastGoodBytes(lastGood);
      if (bytes > this.bytesMax) throw new Error(`it would have ${bytes} bytes, more than ${this.bytesMax}`);
      await writeLastGood(path, lastGood);
      this.failed = false;
    } catch (error) {
      // What is there is older than what is in force, and may allow more.
      await rm(path, { force: true }).catch(() => undefined);
      if (!this.failed) onProblem(`the last good policy cannot be kept in ${path}: ${reasonOf(error)}`);
      this.failed = true;
    }
    this.writing = undefined;
    this.delayMs = Math.max(WRITE_DELAY_MS, (performance.now() - begunMs) * WRITE_SHARE);
  }

  private get bytesMax(): number {
    return this.options.bytesMax ?? LAST_GOOD_BYTES_MAX;
  }
}

/** Puts in force what was kept. Returns why parts of it are refused. */
export async function replay({ epoch, resources }: LastGood, consumer: ResourceConsumer): Promise<readonly string[]> {
  const refused: string[] = [];
  consumer.begin(epoch);
  for (const kind of RESOURCE_KINDS) {
    const together = goesAlone(kind) ? 1 : BATCH_MAX;
    const all = resources.filter((resource) => resource.kind === kind);
    for (let first = 0; first < all.length; first += together) {
      const put = all.slice(first, first + together);
      const reason = await consumer.update({ kind, put, removed: [] });
      if (reason !== undefined) refused.push(`${kind} ${put[0]?.name}: ${reason}`);
    }
  }
  await consumer.synced();
  return refused;
}
