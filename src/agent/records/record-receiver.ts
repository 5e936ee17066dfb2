import type { HostIdentity } from "../../api/host-identity.ts";
import { GenerationCache } from "../../lib/generation-cache.ts";
import type { Logger } from "../../lib/log.ts";
import type { RingRecord } from "../../monitor/event-ring.ts";
import type { TimedRecordSink } from "../../proxylib/record-sink.ts";
import { BatchDecoder, type DecodedBatch, type RefusedBatch } from "../../records/batch-decoder.ts";
import { type BatchHeader, nextAfter } from "../../records/batch-header.ts";
import type { RecordTally } from "../../records/tally-bytes.ts";

/** How long the records of a host that has ended may still be on their way. */
const LATE_MS = 1_000;
/**
 * Records that the sink has and the access log has not, at most: their lines stay far below what may wait for the disk, and
 * every reader of the ring has its turn before it is full.
 */
const AHEAD_RECORDS_MAX = 4_096;
const SLICE_RECORDS = 1_024;
/** Hosts whose end is remembered, in each of two generations. */
const ENDED_KEPT = 256;

const ENDED = "the host has ended: its records are counted as lost";

/** What agents before this one have kept of what hosts send again. */
export interface KeptRecords {
  load(): Promise<void>;
  /** Whether a record is there; each stands for one. */
  take(record: RingRecord): boolean;
}

export interface RecordReceiverOptions {
  readonly sink: TimedRecordSink;
  /** Resolves when what the sink got is kept, or lost and counted; rejects where it never will be. */
  readonly logged: () => Promise<void>;
  readonly tail?: KeptRecords;
  /** What the host has last written of its records; undefined: nothing that can be read. */
  readonly tallyOf: (host: HostIdentity) => RecordTally | undefined;
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
  /** More may come. */
  open: boolean;
  /** Batches that have come and are not taken yet. */
  waiting: number;
  onIdle: (() => void) | undefined;
}

/**
 * Takes the records of hosts into the agent, each once, and says when they are kept. Knows of each host how many of its
 * records never came. As long as the access log cannot be written, nothing is taken: what waits, waits in the hosts.
 */
export class RecordReceiver {
  /** Batches that could not be read. */
  refused = 0;
  private readonly options: RecordReceiverOptions;
  private readonly decoder = new BatchDecoder();
  private readonly instances = new Map<string, Received>();
  /** Their records are counted as lost by now: what came later would be counted twice. */
  private readonly ended = new GenerationCache<string, true>(ENDED_KEPT);
  /** One batch after the other, of whichever host. */
  private taking: Promise<void> = Promise.resolve();
  /** Records that the sink has got, and how many of them are kept for sure. */
  private delivered = 0;
  private kept = 0;

  constructor(options: RecordReceiverOptions) {
    this.options = options;
  }

  /**
   * Takes a batch. The next one of the same host may come before this one is kept.
   *
   * @returns Number of the first record behind it, when all before are kept: what the host is told. Rejects where it can
   * never be: the call with the host ends, and it sends again.
   */
  async receive(owner: HostIdentity, bytes: Uint8Array): Promise<number> {
    const received = this.receivedOf(owner.instance);
    received.waiting++;
    const taken = this.taking.then(() => this.take(owner, received, bytes));
    this.taking = taken.then(
      () => {},
      () => {},
    );
    const next = await taken.finally(() => {
      received.waiting--;
      this.lookIdle(received);
    });
    await this.keep();
    return next;
  }

  /** The host sends no more on this connection. */
  closed({ instance }: HostIdentity): void {
    const received = this.instances.get(instance);
    if (received === undefined) return;
    received.open = false;
    this.lookIdle(received);
  }

  /**
   * A host has ended, and will send nothing more. To be called before another one with its number is started: what the
   * host has written of its records is read at once.
   *
   * @returns How many of its records never came, when what it had sent has been taken.
   */
  async hostEnded({ index, instance }: HostIdentity): Promise<number> {
    const tally = this.options.tallyOf({ index, instance });
    const received = this.instances.get(instance);
    if (received !== undefined) await this.untilIdle(received);
    this.ended.set(instance, true);
    this.instances.delete(instance);
    const lost = received?.lost ?? 0;
    // One that did not come so far as to write has made none.
    if (tally === undefined && received === undefined) return 0;
    if (tally?.instance !== instance) {
      this.options.logger.warn({ host: index }, "nobody knows how many records of a host that has ended are missing");
      return lost;
    }
    return lost + Math.max(0, tally.made - (received?.next ?? tally.acknowledged));
  }

  private async untilIdle(received: Received): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      received.onIdle = resolve;
    });
    const late = setTimeout(() => received.onIdle?.(), this.options.lateMs ?? LATE_MS);
    this.lookIdle(received);
    await idle;
    clearTimeout(late);
  }

  private lookIdle(received: Received): void {
    if (!received.open && received.waiting === 0) received.onIdle?.();
  }

  private receivedOf(instance: string): Received {
    let received = this.instances.get(instance);
    if (received === undefined) {
      if (this.ended.get(instance) === true) throw new Error(ENDED);
      received = { next: undefined, lost: 0, open: true, waiting: 0, onIdle: undefined };
      this.instances.set(instance, received);
    }
    received.open = true;
    return received;
  }

  /** Resolves when all that the sink has got is kept. */
  private async keep(): Promise<void> {
    const { delivered } = this;
    await this.options.logged();
    this.kept = Math.max(this.kept, delivered);
  }

  /** @returns Number of the first record behind the batch, when the sink has them. */
  private async take(owner: HostIdentity, received: Received, bytes: Uint8Array): Promise<number> {
    const batch = this.decoder.decode(bytes);
    const header = this.checkedHeader(owner, batch);
    // Meanwhile.
    if (this.instances.get(owner.instance) !== received) throw new Error(ENDED);
    const next = nextAfter(header);
    if (received.next === undefined) {
      // Agents before this one may have got what the host had before.
      received.next = header.first;
      received.lost = header.lostBefore;
    }
    // A batch is never cut anew: it came as a whole or not at all.
    if (next > received.next) {
      received.lost += Math.max(0, header.first - received.next) + header.lost;
      received.next = next;
      if ("malformed" in batch) received.lost += header.records;
      else await this.deliver(batch);
    }
    return next;
  }

  private async deliver(batch: DecodedBatch): Promise<void> {
    const { tail } = this.options;
    const { again, records } = batch.header;
    const sink = again && tail !== undefined ? await this.withoutKept(tail) : this.options.sink;
    for (let start = 0; start < records; start += SLICE_RECORDS) {
      if (this.delivered - this.kept > AHEAD_RECORDS_MAX - SLICE_RECORDS) await this.keep();
      const end = Math.min(start + SLICE_RECORDS, records);
      batch.deliver(sink, start, end);
      this.delivered += end - start;
    }
  }

  private async withoutKept(tail: KeptRecords): Promise<TimedRecordSink> {
    const { sink } = this.options;
    await tail.load();
    return {
      recordAt(timeMs, connection, type, verdict, origin, source, at) {
        if (tail.take({ timeMs, connection, type, verdict, origin, fields: source.read(at) })) return;
        sink.recordAt(timeMs, connection, type, verdict, origin, source, at);
      },
    };
  }

  /** Throws where nobody can say which records the batch has. */
  private checkedHeader(owner: HostIdentity, batch: DecodedBatch | RefusedBatch): BatchHeader {
    const { header } = batch;
    const foreign = header !== undefined && header.instance !== owner.instance;
    const problem = foreign ? "they are of another host" : "malformed" in batch ? batch.malformed : undefined;
    if (problem === undefined && header !== undefined) return header;
    this.refused++;
    const told = { host: owner.index, records: header?.records };
    this.options.logger.error(told, `records of a host cannot be read, and are lost: ${problem}`);
    if (header === undefined || foreign) throw new Error(`no batch of records: ${problem}`);
    return header;
  }
}
