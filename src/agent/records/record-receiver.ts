import { GenerationCache } from "../../lib/generation-cache.ts";
import type { Logger } from "../../lib/log.ts";
import type { RingRecord } from "../../monitor/event-ring.ts";
import type { TimedRecordSink } from "../../proxylib/record-sink.ts";
import { BatchDecoder, type DecodedBatch, type RefusedBatch } from "../../records/batch-decoder.ts";
import { type BatchHeader, nextAfter } from "../../records/batch-header.ts";
import type { RecordTally } from "../../records/tally-bytes.ts";

/** How long the records of a host that has ended may still be on their way through the kernel. */
const LATE_MS = 1_000;
/** Hosts whose end is remembered, in each of two generations. */
const ENDED_KEPT = 256;

const ENDED = "the host has ended: its records are counted as lost";

/** Which host sends. */
export interface RecordOwner {
  readonly index: number;
  readonly instance: string;
}

export interface RecordReceiverOptions {
  readonly sink: TimedRecordSink;
  /** Resolves when what the sink got is kept; rejects where it never will be. */
  readonly logged: () => Promise<void>;
  /** What agents before this one have kept of what hosts send again. */
  readonly tail?: {
    load(): Promise<void>;
    take(record: RingRecord): boolean;
  };
  /** What the host with this number has last written of its records. */
  readonly tallyOf: (index: number) => RecordTally | undefined;
  readonly logger: Logger;
  /** Default: LATE_MS. */
  readonly lateMs?: number;
}

/** How far an instance has come. */
interface Received {
  /** Number of the next record; undefined: no batch has come yet. */
  next: number | undefined;
  /** Records below it that were lost: the host says so, or a batch could not be read. */
  lost: number;
  /** The last batch that is being taken. */
  taking: Promise<void>;
  /** Records are coming. */
  open: boolean;
  onClosed: (() => void) | undefined;
}

/**
 * Takes the records of hosts into the agent, each once, and says when they are kept. Knows of each host how many of its
 * records never came.
 */
export class RecordReceiver {
  /** Batches that could not be read. */
  refused = 0;
  private readonly options: RecordReceiverOptions;
  private readonly decoder = new BatchDecoder();
  private readonly instances = new Map<string, Received>();
  /** Their records are counted as lost by now: what came later would be counted twice. */
  private readonly ended = new GenerationCache<string, true>(ENDED_KEPT);

  constructor(options: RecordReceiverOptions) {
    this.options = options;
  }

  /**
   * Takes a batch. The next one of the same host may come before this one is kept.
   *
   * @returns Number of the first record behind it, when all before are kept: what the host is told. Rejects where it can
   * never be: the call with the host ends, and it sends again.
   */
  async receive(owner: RecordOwner, bytes: Uint8Array): Promise<number> {
    const received = this.receivedOf(owner.instance);
    const before = received.taking;
    const taken = before.then(() => this.take(owner, received, bytes));
    received.taking = taken.then(
      () => {},
      () => {},
    );
    const next = await taken;
    await this.options.logged();
    return next;
  }

  /** The host sends no more on this connection. */
  closed({ instance }: RecordOwner): void {
    const received = this.instances.get(instance);
    if (received === undefined) return;
    received.open = false;
    received.onClosed?.();
  }

  /**
   * A host has ended, and will send nothing more. To be called before another one with its number is started: what the
   * host has written of its records is read at once.
   *
   * @returns How many of its records never came, when what it had sent has been read.
   */
  async hostEnded({ index, instance }: RecordOwner): Promise<number> {
    const tally = this.options.tallyOf(index);
    const received = this.instances.get(instance);
    if (received?.open === true) await this.untilClosed(received);
    await received?.taking;
    this.ended.set(instance, true);
    this.instances.delete(instance);
    const lost = received?.lost ?? 0;
    if (tally?.instance !== instance) {
      this.options.logger.warn({ host: index }, "nobody knows how many records of a host that has ended are missing");
      return lost;
    }
    return lost + Math.max(0, tally.made - (received?.next ?? tally.acknowledged));
  }

  private untilClosed(received: Received): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, this.options.lateMs ?? LATE_MS);
      received.onClosed = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  private receivedOf(instance: string): Received {
    let received = this.instances.get(instance);
    if (received === undefined) {
      if (this.ended.get(instance) === true) throw new Error(ENDED);
      received = { next: undefined, lost: 0, taking: Promise.resolve(), open: true, onClosed: undefined };
      this.instances.set(instance, received);
    }
    received.open = true;
    return received;
  }

  /** @returns Number of the first record behind the batch. */
  private async take(owner: RecordOwner, received: Received, bytes: Uint8Array): Promise<number> {
    let batch = this.decoder.decode(bytes);
    const { tail } = this.options;
    if (batch.header?.again === true && tail !== undefined) {
      await tail.load();
      // Others may have used the decoder meanwhile.
      batch = this.decoder.decode(bytes);
    }
    const header = this.headerOf(owner, batch);
    // Meanwhile.
    if (this.instances.get(owner.instance) !== received) throw new Error(ENDED);
    const next = nextAfter(header);
    received.next ??= this.begin(received, header);
    // A batch is never cut anew: it came as a whole or not at all.
    if (next <= received.next) return next;
    received.lost += Math.max(0, header.first - received.next) + header.lost;
    received.next = next;
    if ("malformed" in batch) received.lost += header.records;
    else batch.deliver(header.again && tail !== undefined ? this.withoutKnown(tail) : this.options.sink);
    return next;
  }

  /** Where an instance begins that agents before this one may have got records of. */
  private begin(received: Received, header: BatchHeader): number {
    received.lost = header.lostBefore;
    return header.first;
  }

  private headerOf(owner: RecordOwner, batch: DecodedBatch | RefusedBatch): BatchHeader {
    const { header } = batch;
    const problem =
      header?.instance !== owner.instance && header !== undefined
        ? "it is of another host"
        : "malformed" in batch
          ? batch.malformed
          : undefined;
    if (problem !== undefined) {
      this.refused++;
      const records = header?.records;
      this.options.logger.error({ host: owner.index, records }, `records of a host cannot be read: ${problem}`);
    }
    if (header === undefined || header.instance !== owner.instance) throw new Error(`no batch of records: ${problem}`);
    return header;
  }

  private withoutKnown(tail: NonNullable<RecordReceiverOptions["tail"]>): TimedRecordSink {
    const { sink } = this.options;
    return {
      recordAt(timeMs, connection, type, verdict, origin, fields) {
        if (tail.take({ timeMs, connection, type, verdict, origin, fields })) return;
        sink.recordAt(timeMs, connection, type, verdict, origin, fields);
      },
    };
  }
}
