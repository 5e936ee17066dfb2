import type { ByteView } from "../lib/bytes/byte-view.ts";
import { reasonOf } from "../lib/error.ts";
import type { Peer } from "../proxylib/connection.ts";
import { ConnectionRefused } from "../proxylib/connection-refused.ts";
import { type CloseReason, Direction } from "../proxylib/io.ts";
import type { Parser } from "../proxylib/parser.ts";
import type { ParserConnection } from "../proxylib/parser-connection.ts";
import { more, nop, type Verdict } from "../proxylib/verdict.ts";
import type { BodyReader } from "./body-reader.ts";
import { checkDecided, type HostMemory } from "./check-decided.ts";
import { DataSender, QUEUE_BYTES_PAUSE } from "./data-sender.ts";
import { DecidedQueue } from "./decided-queue.ts";
import { DecidedRunner } from "./decided-runner.ts";
import type { OwnerServices } from "./owner-services.ts";
import { Frame, NO_CALL, OpenFlag, Refusal } from "./protocol.ts";
import { type Logged, RecordAccount } from "./record-account.ts";
import { RemoteHalf } from "./remote-half.ts";
import { RulesInUse } from "./rules-in-use.ts";
import { thinRecords } from "./thin-records.ts";
import { ProtocolViolation } from "./violation.ts";

/** What a window full of requests may make of answers and records. Above, the connection is closed. */
const QUEUE_BYTES_MAX = 8_388_608;
/** The same over all connections of one host. Above, whichever brings more is closed. */
const QUEUES_BYTES_MAX = 67_108_864;

/**
 * The parser of a connection whose real parser lives in an extension host: sends it the undecided bytes, and gives the
 * engine what came back, in order. All that a parser may do wrong, the engine still sees.
 */
export class RemoteConnection implements Parser {
  readonly connection: ParserConnection;
  readonly extension: string;
  /** On the present link; 0: not opened there. */
  number = 0;
  /** The host has answered OPEN. */
  opened = false;

  readonly halves: readonly [RemoteHalf, RemoteHalf] = [
    new RemoteHalf(Direction.Original),
    new RemoteHalf(Direction.Reply),
  ];
  private readonly services: OwnerServices;
  private readonly queue = new DecidedQueue();
  private readonly runner: DecidedRunner;
  private readonly sender: DataSender;
  private readonly rules: RulesInUse;
  private readonly memory: HostMemory = {
    fresh: true,
    valid: true,
    state: Buffer.alloc(0),
    objects: false,
    idleOperations: 0,
    idleSince: 0,
    failed: false,
  };
  private readonly records = new RecordAccount();
  private resumes = false;
  private done = false;
  private observed = false;
  private source: Peer | undefined;
  private destination: Peer | undefined;
  private pumping = false;

  constructor(connection: ParserConnection, services: OwnerServices) {
    this.connection = connection;
    this.extension = connection.proto;
    this.services = services;
    this.sender = new DataSender(this, services);
    this.rules = new RulesInUse(this.extension, services);
    this.runner = new DecidedRunner(connection, this.queue, this.rules);
  }

  // What the engine calls.

  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict | Promise<Verdict> {
    if (this.done) return nop;
    const half = this.halves[reply ? Direction.Reply : Direction.Original];
    if (data.length !== half.available) this.memory.idleOperations = 0;
    half.available = data.length;
    half.ended = endStream;
    this.refresh();
    this.sendFrom(half, data);
    const verdict = this.next(half) ?? this.held(half);
    if (verdict !== undefined) return verdict;
    half.view = data;
    half.promise = new Promise((resolve) => {
      half.resolve = resolve;
    });
    return half.promise;
  }

  mayEnforce(): boolean {
    return !this.memory.objects && this.queue.isEmpty;
  }

  closed(): void {
    if (this.done) return;
    this.done = true;
    this.services.forget(this);
    if (this.number !== 0 && !this.opened) this.services.working(-1);
    for (const half of this.halves) {
      this.services.giveBack(half.inFlightBytes, half.inFlight.length);
      half.resolve = undefined;
      half.view = undefined;
      half.promise = undefined;
    }
    this.queue.clear();
    if (this.number !== 0) {
      this.services.frame(Frame.Close, this.number);
      this.services.end();
    }
    this.rules.release();
  }

  // What the session calls.

  /** Tells the host of the connection, if there is a host. Throws ConnectionRefused where it cannot be told. */
  open(): void {
    if (this.done || this.memory.failed || this.number !== 0 || !this.services.maySend(this)) return;
    const { connection, memory } = this;
    const rules = this.rules.use(connection.matcherInForce());
    this.number = this.services.nextNumber(this);
    this.opened = false;
    this.observed = connection.observed;
    this.source = connection.source;
    this.destination = connection.destination;
    const flags = (this.observed ? OpenFlag.Observed : 0) | (memory.fresh ? 0 : OpenFlag.Resumed);
    const writer = this.services
      .frame(Frame.Open, this.number)
      .u8(flags)
      .u32(rules)
      .u64(this.halves[0].decided)
      .u64(this.halves[1].decided);
    if (!memory.fresh) writer.block(memory.state);
    const { id, ingress, source, destination, policyName, port, proto, config } = connection;
    writer.text(JSON.stringify({ id, ingress, source, destination, policyName, port, proto, config }));
    this.services.end();
    this.rules.releaseFormer();
    this.services.working(1);
  }

  /** Sends what the host has not seen, as far as there is room. */
  poke(): void {
    if (this.done) return;
    try {
      this.open();
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      this.abort("refused", error.message);
    }
    for (const half of this.halves) this.guard(() => this.wake(half));
  }

  /** Tells the host what has changed of policy and identities. */
  refresh(): void {
    if (this.done || this.number === 0) return;
    const { connection } = this;
    const samePeers = connection.source === this.source && connection.destination === this.destination;
    const matcher = connection.matcherInForce();
    if (matcher === this.rules.matcher && samePeers && connection.observed === this.observed) return;
    let rules: number;
    try {
      rules = this.rules.use(matcher);
    } catch (error) {
      this.abort("limit", (error as Error).message);
      return;
    }
    this.observed = connection.observed;
    this.source = connection.source;
    this.destination = connection.destination;
    this.services
      .frame(Frame.Update, this.number)
      .u8(this.observed ? OpenFlag.Observed : 0)
      .u32(rules)
      .text(JSON.stringify({ source: this.source, destination: this.destination }));
    this.services.end();
    this.rules.releaseFormer();
  }

  /** OPENED. */
  begin(resumes: boolean): void {
    if (this.opened) throw new ProtocolViolation("the connection was opened before");
    this.opened = true;
    this.resumes = resumes;
    this.services.working(-1);
  }

  /** REFUSED. */
  refused(why: number, reason: string): void {
    if (this.opened) throw new ProtocolViolation("the connection was opened before");
    this.services.working(-1);
    this.opened = true;
    this.abort("refused", refusalText(this.extension, why, reason));
  }

  /** DECIDED. @returns Whether the host has worked off something that it owed: anybody can talk. */
  decided(body: BodyReader): boolean {
    const direction = body.u8();
    const offset = body.u64();
    if (direction > NO_CALL) throw new ProtocolViolation(`there is no direction ${direction}`);
    const half = direction === NO_CALL ? undefined : this.halves[direction as Direction];
    if (offset !== (half?.decided ?? 0))
      throw new ProtocolViolation(`decided from ${offset} on, not ${half?.decided ?? 0}`);
    const operations = body.rest();
    const checked = checkDecided(operations, half, this.memory, this.services.now());
    const { taken, carries } = checked;
    if (half !== undefined && half.decided > half.sent) half.due = true;
    if (this.memory.failed) this.giveUpWork();
    for (let count = 0; count < taken && half !== undefined && !this.memory.failed; count++) this.sender.taken(half);
    const worked = taken > 0 || this.memory.failed || (half !== undefined && half.decided > offset);
    if (carries) this.queue.push(direction, this.paidFor(operations, checked));
    if (this.queuesTooMuch()) return worked;
    this.runLoose();
    // Also where nothing is to be carried out: there may be room again, or an end that was waited for.
    if (half !== undefined) this.wake(half);
    this.queue.keep();
    return worked;
  }

  /** What was decided, without the records that are more than this connection and its extension host may have written. */
  private paidFor(operations: Buffer, logged: Logged): Buffer {
    const { recordBudget: budget } = this.services;
    const now = this.services.now();
    if (this.records.pays(logged, budget, now)) return operations;
    const thinned = thinRecords(operations, logged, this.records, budget, now);
    budget.drop(this.extension, thinned.dropped);
    return thinned.operations;
  }

  /** The host is gone. @returns Whether it was working on this connection. */
  lost(reason: string): boolean {
    if (this.number === 0) return false;
    const wasOpening = !this.opened;
    this.number = 0;
    this.opened = false;
    const busy = this.halves.map((half) => half.rewind(!this.memory.fresh)).includes(true) || wasOpening;
    const { memory } = this;
    // Nothing more of it is given to any host: its end waits for a slow receiver alone.
    if (memory.failed) return false;
    if (memory.valid && (memory.fresh || this.resumes)) return busy;
    const lacking = this.resumes ? "what it remembered of the connection is lost" : "the extension cannot resume";
    this.abort("parser-error", `the extension host ended (${reason}), and ${lacking}`);
    return false;
  }

  /** Runs a step of the host's doing: where that breaks the protocol, this connection ends, and nothing else. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      // Whatever it was: what was decided may be half carried out, so that nobody can go on with it.
      this.abort("parser-error", `the extension host broke the protocol: ${reasonOf(error)}`);
    }
  }

  abort(kind: CloseReason["kind"], reason: string): void {
    if (!this.done) this.connection.control.abort(kind, reason);
  }

  /** The extension owes a promise, since when; undefined: none. */
  get waitsSince(): number | undefined {
    const since = this.halves.filter(({ asked }) => asked === "wait").map(({ waitsSince }) => waitsSince);
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** It has to go on with what a former parser remembered. */
  get resumed(): boolean {
    return !this.memory.fresh;
  }

  /** Place of the oldest DATA that the host has not taken; an OPEN comes before all. */
  get firstOwed(): number {
    if (this.number !== 0 && !this.opened) return 0;
    return Math.min(...this.halves.map(({ sequences }) => sequences[0] ?? Number.POSITIVE_INFINITY));
  }

  /** The host has not answered what it was given before, by the numbers of connections and the places of DATA. */
  owesFrom(lastNumber: number, lastSequence: number): boolean {
    if (this.memory.failed || this.number === 0 || this.number > lastNumber) return false;
    return this.firstOwed <= lastSequence;
  }

  /** The host has nothing of this connection to look at. */
  get idle(): boolean {
    return this.number === 0 || (this.opened && this.halves.every(({ inFlight }) => inFlight.length === 0));
  }

  // What was decided.

  /** The next verdict for the direction; undefined: there is none. */
  private next(half: RemoteHalf): Verdict | undefined {
    while (!this.done) {
      const direction = this.queue.direction;
      if (this.sender.stuffed && this.queue.length <= QUEUE_BYTES_PAUSE) this.pumpLater();
      if (direction === undefined || this.settling) return undefined;
      if (direction !== NO_CALL && direction !== half.direction) {
        // In the order of the parser's calls, whatever may hold one direction up.
        this.pumpLater();
        return undefined;
      }
      const carried = this.run(direction === NO_CALL ? undefined : half);
      if (carried !== undefined) return carried;
    }
    return nop;
  }

  private run(half: RemoteHalf | undefined): Verdict | undefined {
    const carried = this.runner.run(half?.direction);
    if (half === undefined || carried.verdict === undefined) return undefined;
    // The engine asks no more for this direction before other bytes come: nobody else would look what is next.
    if (carried.count > half.available && this.queue.direction !== undefined) this.pumpLater();
    half.carried += carried.count;
    half.available = Math.max(0, half.available - carried.count);
    return carried.verdict;
  }

  /** The verdict where the host has decided nothing more; undefined: it must be waited for. */
  private held(half: RemoteHalf): Verdict | undefined {
    if (this.done) return nop;
    const answered = half.answered && !this.queue.has(half.direction);
    if (half.ended) {
      if (!answered) return undefined;
      return half.asked === "nop" ? nop : more(1);
    }
    // What is read now could not be shown either: it would only be kept.
    if (half.isBehind) this.connection.control.readLater(half.direction);
    const missing = half.needed - half.carried - half.available;
    return answered && half.asked === "more" && missing > 0 ? more(missing) : nop;
  }

  get queuedBytes(): number {
    return this.queue.length;
  }

  private queuesTooMuch(): boolean {
    if (this.queue.length <= QUEUE_BYTES_PAUSE) return false;
    if (this.queue.length > QUEUE_BYTES_MAX) {
      this.abort("limit", `more than ${QUEUE_BYTES_MAX} bytes of answers and records wait`);
    } else if (this.services.queuedBytes > QUEUES_BYTES_MAX) {
      this.abort("limit", `more than ${QUEUES_BYTES_MAX} bytes of answers and records wait on all connections`);
    }
    return this.done;
  }

  /** Carries out what was done outside of any call, where it is first in the queue. */
  private runLoose(): void {
    while (!this.done && !this.settling && this.queue.direction === NO_CALL) this.run(undefined);
  }

  /** Carries out what is first in the queue. */
  private pump(): void {
    this.runLoose();
    const direction = this.queue.direction;
    if (direction !== undefined && direction !== NO_CALL) this.wake(this.halves[direction as Direction]);
    if (!this.sender.stuffed || this.queue.length > QUEUE_BYTES_PAUSE) return;
    this.sender.stuffed = false;
    for (const half of this.halves) this.wake(half);
  }

  /** Outside of the engine's present call, which is another direction's. */
  private pumpLater(): void {
    if (this.pumping) return;
    this.pumping = true;
    queueMicrotask(() => {
      this.pumping = false;
      this.guard(() => this.pump());
    });
  }

  /** Has the direction go on: what it may send, what was decided. */
  private wake(half: RemoteHalf): void {
    if (this.done) return;
    const { resolve, view } = half;
    if (resolve === undefined || view === undefined) {
      this.connection.control.wakeUp(half.direction);
      return;
    }
    this.sendFrom(half, view);
    const verdict = this.next(half) ?? this.held(half);
    if (verdict === undefined) return;
    this.settle(half, verdict);
  }

  private settle(half: RemoteHalf, verdict: Verdict): void {
    const { resolve, promise } = half;
    half.resolve = undefined;
    half.view = undefined;
    half.promise = undefined;
    half.settling = true;
    resolve?.(verdict);
    // Behind the engine, which asked for the promise first.
    promise?.then(() => {
      half.settling = false;
      this.guard(() => this.pump());
    });
  }

  /** The real parser is over: the host says nothing more, and owes nothing. */
  private giveUpWork(): void {
    if (!this.opened) this.services.working(-1);
    this.opened = true;
    for (const half of this.halves) {
      this.services.giveBack(half.inFlightBytes, half.inFlight.length);
      half.rewind(false);
    }
  }

  /** Whether what was decided first is still to be carried out by the engine. */
  private get settling(): boolean {
    return this.halves[0].settling || this.halves[1].settling;
  }

  // What the host is shown.

  private sendFrom(half: RemoteHalf, data: ByteView): void {
    if (this.number === 0) this.open();
    if (!this.done && !this.memory.failed && this.number !== 0)
      this.sender.send(this.number, half, data, this.queue.length);
  }
}

function refusalText(extension: string, why: number, reason: string): string {
  switch (why) {
    case Refusal.NoParser:
      return `the extension "${extension}" refuses the connection`;
    case Refusal.Threw:
      return `the extension "${extension}" threw ${reason}`;
    case Refusal.CannotResume:
      return `the extension "${extension}" cannot resume the connection`;
    default:
      return `the extension host refuses the connection: ${reason}`;
  }
}
