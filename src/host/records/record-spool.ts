import type { RecordType, RecordVerdict } from "../../api/access-log-record.ts";
import type { HostRecordCounts } from "../../api/host-report.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { LogFields } from "../../proxylib/connection.ts";
import type { RecordedConnection, RecordSink } from "../../proxylib/record-sink.ts";
import { BatchEncoder } from "../../records/batch-encoder.ts";
import { markAgain } from "../../records/batch-header.ts";

/** Batches that wait for the agent, and the one that is being made. */
const SPOOL_BYTES_MAX = 8_388_608;
/** A batch of so many bytes is closed at once. Twice as long ones take more than twice the time on their way. */
const BATCH_BYTES = 131_072;
/** Sent and not acknowledged: more would only wait elsewhere. */
const WINDOW_BYTES = 1_048_576;
const WINDOW_BATCHES = 256;
/** Records are gathered for so long: few large batches cost a fraction of many small ones. */
const GATHER_MS = 50;
/** What a batch takes besides its bytes. */
const BATCH_OVERHEAD_BYTES = 256;
/** With less room than this the spool is full: an attempt with every record would cost, and fail. */
const ROOM_BYTES_MIN = 4_096;

/** So far the times of records may run ahead of the clock. */
const AHEAD_MS_MAX = 1_000;

export interface RecordSpoolOptions {
  /** Of the host. Throws RangeError where it can be none. */
  readonly instance: string;
  /**
   * At the end of every turn of the event loop that made records or settled some, with the number of all that were made
   * and of all that the agent has acknowledged. Must be quick, and must not throw.
   */
  readonly onTurn?: (made: number, acknowledged: number) => void;
  readonly bytesMax?: number;
  readonly gatherMs?: number;
  readonly clock?: Clock;
  /** Runs a function at the end of the turn of the event loop. */
  readonly atTurnEnd?: (end: () => void) => void;
  /** Runs a function once, so many milliseconds later. */
  readonly later?: (run: () => void, ms: number) => void;
}

/** A batch that the agent has not acknowledged. */
export interface SpooledBatch {
  readonly bytes: Uint8Array;
  readonly records: number;
  /** Number of the first record behind it: whoever has the batch acknowledges this. */
  readonly next: number;
}

interface ClosedBatch extends SpooledBatch {
  wasSent: boolean;
}

/**
 * Keeps a host's records until the agent has acknowledged them, however long that takes: in batches, sent in order, and
 * sent again where the connection to the agent broke off, or where there is another agent. Bounded: where there is no
 * room any more, the newest records are lost, and counted.
 */
export class RecordSpool implements RecordSink {
  private readonly encoder: BatchEncoder;
  private readonly onTurn: (made: number, acknowledged: number) => void;
  private readonly bytesMax: number;
  private readonly gatherMs: number;
  private readonly clock: Clock;
  private readonly atTurnEnd: (end: () => void) => void;
  private readonly later: (run: () => void, ms: number) => void;
  private readonly endTurn: () => void = () => this.turnEnded();
  private readonly gathered: () => void = () => this.gatherEnded();

  /** Not acknowledged, oldest first. */
  private closed: ClosedBatch[] = [];
  private closedBytes = 0;
  private closedRecords = 0;
  /** So many of them were sent to the agent that is there now. */
  private sent = 0;
  private sentBytes = 0;
  private send: ((batch: SpooledBatch) => void) | undefined;

  private turnIsOpen = false;
  private turnMs = 0;
  /** Of the last record in a closed batch. */
  private closedMs = Number.NEGATIVE_INFINITY;
  private gathering = false;
  /** What is in the open batch has waited long enough. */
  private due = false;
  private isFull = false;
  private acknowledged = 0;
  private waiters: (() => void)[] = [];

  constructor(options: RecordSpoolOptions) {
    this.encoder = new BatchEncoder(options.instance);
    this.onTurn = options.onTurn ?? (() => {});
    this.bytesMax = options.bytesMax ?? SPOOL_BYTES_MAX;
    this.gatherMs = options.gatherMs ?? GATHER_MS;
    this.clock = options.clock ?? systemClock;
    this.atTurnEnd = options.atTurnEnd ?? setImmediate;
    this.later = options.later ?? ((run, ms) => void setTimeout(run, ms));
    this.findRoom();
  }

  get counts(): HostRecordCounts {
    return { made: this.encoder.next, lost: this.encoder.lost, spooled: this.closedRecords + this.encoder.records };
  }

  record(
    connection: RecordedConnection,
    type: RecordType,
    verdict: RecordVerdict,
    origin: RuleOrigin | undefined,
    fields: LogFields,
  ): void {
    if (!this.turnIsOpen) this.beginTurn();
    if (!this.isFull) {
      const { encoder, turnMs } = this;
      let added = encoder.add(turnMs, connection, type, verdict, origin, fields);
      if (added === "full" && encoder.records > 0) {
        this.closeBatch();
        added = encoder.add(turnMs, connection, type, verdict, origin, fields);
      }
      if (added === "added") {
        if (encoder.byteCount >= BATCH_BYTES) this.closeBatch();
        return;
      }
    }
    this.encoder.addLost();
  }

  /**
   * There is an agent: it gets all that no agent has acknowledged, and what comes.
   *
   * @param send Takes a batch; must not throw, and keeps the order.
   */
  attach(send: (batch: SpooledBatch) => void): void {
    this.detach();
    this.send = send;
    this.due = !this.encoder.isEmpty;
    this.sendBatches();
  }

  /** The connection to the agent is gone: what it has not acknowledged will be sent again. */
  detach(): void {
    this.send = undefined;
    this.sent = 0;
    this.sentBytes = 0;
  }

  /** The agent has all records below this number, wherever they were to go. */
  acknowledge(next: number): void {
    let count = 0;
    for (const batch of this.closed) {
      if (batch.next > next) break;
      this.acknowledged = batch.next;
      this.closedBytes -= batch.bytes.length + BATCH_OVERHEAD_BYTES;
      this.closedRecords -= batch.records;
      if (count < this.sent) this.sentBytes -= batch.bytes.length;
      count++;
    }
    if (count === 0) return;
    this.closed.splice(0, count);
    this.sent = Math.max(0, this.sent - count);
    this.findRoom();
    if (!this.turnIsOpen) this.beginTurn();
  }

  /** Resolves when the agent has acknowledged all that was recorded until then; with an agent there, that takes a moment. */
  async settled(): Promise<void> {
    this.due = !this.encoder.isEmpty;
    if (!this.turnIsOpen) this.beginTurn();
    while (this.closed.length > 0 || !this.encoder.isEmpty) {
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  private beginTurn(): void {
    this.turnIsOpen = true;
    // Once for all that is recorded within the turn.
    this.turnMs = this.clock.now();
    this.tellApart();
    this.atTurnEnd(this.endTurn);
  }

  private turnEnded(): void {
    this.turnIsOpen = false;
    this.sendBatches();
    this.onTurn(this.encoder.next, this.acknowledged);
    for (const resolve of this.waiters.splice(0)) resolve();
    if (this.gathering || this.encoder.isEmpty || this.send === undefined) return;
    this.gathering = true;
    this.later(this.gathered, this.gatherMs);
  }

  private gatherEnded(): void {
    this.gathering = false;
    this.due = true;
    this.sendBatches();
  }

  private sendBatches(): void {
    const { send, encoder } = this;
    while (send !== undefined) {
      const batch = this.closed[this.sent];
      if (batch === undefined) {
        // While the window is full, the open batch grows: it is closed when it can be sent.
        if (!this.due || encoder.isEmpty || this.sentBytes >= WINDOW_BYTES || this.sent >= WINDOW_BATCHES) return;
        this.closeBatch();
      } else {
        if (this.sent >= WINDOW_BATCHES) return;
        if (this.sentBytes > 0 && this.sentBytes + batch.bytes.length > WINDOW_BYTES) return;
        if (batch.wasSent) markAgain(batch.bytes);
        batch.wasSent = true;
        this.sent++;
        this.sentBytes += batch.bytes.length;
        send(batch);
      }
    }
  }

  private closeBatch(): void {
    const { records } = this.encoder;
    const bytes = this.encoder.take();
    this.due = false;
    this.closed.push({ bytes, records, next: this.encoder.next, wasSent: false });
    this.closedBytes += bytes.length + BATCH_OVERHEAD_BYTES;
    this.closedRecords += records;
    this.closedMs = this.turnMs;
    this.tellApart();
    this.findRoom();
  }

  /**
   * No two batches have records of one millisecond: where one was written into the access log and the other was not, and
   * both are sent again, equal lines cannot be mistaken for each other. A clock that is put back farther is followed.
   */
  private tellApart(): void {
    const aheadMs = this.closedMs - this.turnMs;
    if (aheadMs >= 0 && aheadMs < AHEAD_MS_MAX) this.turnMs = this.closedMs + 1;
  }

  private findRoom(): void {
    const room = this.bytesMax - this.closedBytes - BATCH_OVERHEAD_BYTES;
    this.isFull = room < ROOM_BYTES_MIN;
    this.encoder.limit(room);
  }
}
