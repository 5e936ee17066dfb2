import type { ExtensionDeclaration } from "../api/extension.ts";
import type { RequestMatcher } from "../policy/endpoint-policy.ts";
import { ConnectionRefused } from "../proxylib/connection-refused.ts";
import { DEFAULT_LIMITS } from "../proxylib/limits.ts";
import type { Extension } from "../proxylib/parser.ts";
import { ParserConnection } from "../proxylib/parser-connection.ts";
import type { BodyReader } from "./body-reader.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { RemoteLink } from "./link.ts";
import type { RemoteOwner, RemoteOwnerOptions, RemoteWork } from "./owner-contract.ts";
import type { OwnerServices } from "./owner-services.ts";
import { CREDIT_BYTES, CREDIT_STEP_BYTES, Frame, HOST_FRAME_BYTES_MAX, MAGIC, PROTOCOL_VERSION } from "./protocol.ts";
import { declarationOf, differenceOf, readReady } from "./ready.ts";
import { RecordBudget } from "./record-budget.ts";
import { RemoteConnection } from "./remote-connection.ts";
import { type RuleSet, RuleSets } from "./rule-sets.ts";
import { Suspects } from "./suspects.ts";
import { ProtocolViolation } from "./violation.ts";

/** Frames of one turn that are longer leave before it ends. */
const BATCH_BYTES = 262_144;
const REASON_CHARACTERS_MAX = 1024;

/** A question that the host has not answered, and what it must have worked on when it does. */
interface Ping {
  readonly settle: () => void;
  /** Of the connections that were opened before. */
  readonly lastNumber: number;
  /** Of the DATA that were sent before. */
  readonly lastSequence: number;
}

/** The owner's side of one extension host: its connections, whichever process stands behind them. */
export class OwnerSession implements RemoteOwner, OwnerServices {
  ready = false;
  bufferedBytes = 0;

  readonly recordBudget: RecordBudget;

  private readonly options: RemoteOwnerOptions;
  private readonly all = new Set<RemoteConnection>();
  private readonly byNumber = new Map<number, RemoteConnection>();
  private readonly rules = new RuleSets();
  private readonly suspects = new Suspects();
  /** Connections that have something to send for which there is no room. */
  private readonly waiting = new Set<RemoteConnection>();
  private readonly writer = new FrameWriter();
  private link: RemoteLink | undefined;
  private reader: FrameReader;
  /** As the agent has checked them. */
  private readonly expected = new Map<string, ExtensionDeclaration>();
  /** As the host tells of them. */
  private declared: ReadonlyMap<string, ExtensionDeclaration> = new Map();
  private scheduled = false;
  private congested = false;
  private lastNumber = 0;
  private lastSequence = 0;
  /** What the host has sent since it was given credit. */
  private read = 0;
  /** Answers that the host owes, and since when it has given none. */
  private owed = 0;
  private owedSince = 0;
  private lastPing = 0;
  private readonly pings = new Map<number, Ping>();

  constructor(options: RemoteOwnerOptions) {
    this.options = options;
    this.recordBudget = new RecordBudget(options.now());
    this.reader = this.newReader();
  }

  extension(declaration: ExtensionDeclaration): Extension {
    this.expected.set(declaration.name, declaration);
    return {
      ...declarationOf(declaration),
      create: (connection) => {
        if (!(connection instanceof ParserConnection)) throw new TypeError("no connection of the engine");
        this.admit(declaration.name);
        const remote = new RemoteConnection(connection, this);
        this.all.add(remote);
        try {
          remote.open();
        } catch (error) {
          remote.closed();
          throw error;
        }
        return remote;
      },
    };
  }

  up(link: RemoteLink): void {
    this.link = link;
    this.reader = this.newReader();
    this.congested = false;
    this.lastNumber = 0;
    this.read = 0;
    this.frame(Frame.Hello, 0)
      .u32(MAGIC)
      .u16(PROTOCOL_VERSION)
      .u32(this.options.undecidedBytesMax ?? DEFAULT_LIMITS.undecidedBytesMax)
      .u32(DEFAULT_LIMITS.injectBytesMax)
      .u32(CREDIT_BYTES);
    this.end();
  }

  receive(bytes: Uint8Array): void {
    const { link } = this;
    if (link === undefined) return;
    try {
      this.reader.receive(bytes);
      this.serve();
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      // Whoever has the link tells of its end by `down`; nothing that comes until then is read.
      this.silence();
      link.broken(error.message);
    }
  }

  drained(): void {
    this.congested = false;
    this.serve();
  }

  down(reason: string): void {
    this.silence();
    this.rules.forgetSent();
    this.bufferedBytes = 0;
    this.owed = 0;
    this.waiting.clear();
    for (const { settle } of this.pings.values()) settle();
    this.pings.clear();
    const busy = [...this.all].filter((connection) => connection.lost(reason));
    const guilty = this.suspects.died(busy);
    guilty?.abort("parser-error", `what came on this connection ended the extension host twice (${reason})`);
  }

  closeAll(reason: string): void {
    for (const connection of [...this.all]) connection.abort("parser-error", reason);
  }

  policyChanged(): void {
    for (const connection of [...this.all]) connection.refresh();
  }

  settled(): Promise<void> {
    if (!this.ready) return Promise.resolve();
    const number = ++this.lastPing % 2 ** 32;
    this.frame(Frame.Ping, 0).u32(number);
    this.end();
    const { lastNumber, lastSequence } = this;
    return new Promise((settle) => {
      this.pings.set(number, { settle, lastNumber, lastSequence });
    });
  }

  get work(): RemoteWork | undefined {
    if (this.owed === 0) return undefined;
    let oldest: RemoteConnection | undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const connection of this.all) {
      const place = connection.firstOwed;
      if (place >= first) continue;
      first = place;
      oldest = connection;
    }
    if (oldest === undefined) return undefined;
    const { extension, connection } = oldest;
    return { extension, connection: connection.id, forMs: this.now() - this.owedSince };
  }

  closeUnanswered(answerMs: number): number {
    const overdue = [...this.all].filter(
      ({ waitsSince }) => waitsSince !== undefined && this.now() - waitsSince > answerMs,
    );
    for (const connection of overdue) {
      connection.abort("parser-error", `the extension has not settled a promise for more than ${answerMs} ms`);
    }
    return overdue.length;
  }

  get differences(): readonly string[] {
    if (!this.ready) return [];
    return [...this.expected.keys()].flatMap((name) => this.differenceOf(name) ?? []);
  }

  get recordsDropped(): ReadonlyMap<string, number> {
    return this.recordBudget.dropped;
  }

  get connections(): number {
    return this.all.size;
  }

  // What connections need.

  now(): number {
    return this.options.now();
  }

  frame(type: number, connection: number): FrameWriter {
    return this.writer.begin(type, connection);
  }

  end(): void {
    this.writer.end();
    if (this.writer.length > BATCH_BYTES) this.send();
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.link === undefined) return;
    this.scheduled = true;
    this.link.atTurnEnd(() => {
      this.scheduled = false;
      this.serve();
      this.send();
    });
  }

  maySend(connection: RemoteConnection): boolean {
    if (this.ready && !this.congested && this.suspects.mayWork(connection)) return true;
    if (this.ready) this.waiting.add(connection);
    return false;
  }

  room(connection: RemoteConnection, wanted: number): number {
    const room = Math.max(0, this.options.bufferedBytesMax - this.bufferedBytes);
    if (room < wanted) this.waiting.add(connection);
    return Math.min(room, wanted);
  }

  take(length: number): number {
    this.bufferedBytes += length;
    this.working(1);
    return ++this.lastSequence;
  }

  giveBack(bytes: number, frames: number): void {
    this.bufferedBytes -= bytes;
    this.working(-frames);
  }

  working(answers: number): void {
    if (this.owed === 0) this.owedSince = this.now();
    this.owed += answers;
  }

  get queuedBytes(): number {
    let bytes = 0;
    for (const connection of this.all) bytes += connection.queuedBytes;
    return bytes;
  }

  nextNumber(connection: RemoteConnection): number {
    this.byNumber.set(++this.lastNumber, connection);
    return this.lastNumber;
  }

  useRules(extension: string, matcher: RequestMatcher): RuleSet {
    const set = this.rules.use(extension, matcher);
    if (set === undefined) throw new ConnectionRefused("its rules are more than can be told to an extension host");
    if (!set.sent) {
      set.sent = true;
      this.frame(Frame.Rules, 0).u32(set.id).text(set.text);
      this.end();
    }
    return set;
  }

  releaseRules(extension: string, rules: RuleSet): void {
    if (!this.rules.release(extension, rules) || !rules.sent) return;
    rules.sent = false;
    if (!this.ready) return;
    this.frame(Frame.Forget, 0).u32(rules.id);
    this.end();
  }

  forget(connection: RemoteConnection): void {
    this.all.delete(connection);
    this.byNumber.delete(connection.number);
    this.waiting.delete(connection);
    if (this.suspects.cleared(connection)) this.schedule();
  }

  // What the host sends.

  private newReader(): FrameReader {
    return new FrameReader(HOST_FRAME_BYTES_MAX, (type, connection, body, length) => {
      this.pay(length);
      this.handle(type, connection, body);
    });
  }

  private handle(type: number, number: number, body: BodyReader): void {
    if (!this.ready) {
      if (type !== Frame.Ready) throw new ProtocolViolation("the first frame must be READY");
      this.begin(body);
      return;
    }
    switch (type) {
      case Frame.Decided:
        this.connection(number, body, (connection) => {
          if (connection.decided(body)) this.owedSince = this.now();
        });
        return;
      case Frame.Opened:
        this.connection(number, body, (connection) => {
          connection.begin(body.u8() !== 0);
          this.owedSince = this.now();
        });
        return;
      case Frame.Refused:
        this.connection(number, body, (connection) => connection.refused(body.u8(), reasonIn(body)));
        return;
      case Frame.Pong:
        this.pong(body.u32());
        body.done();
        return;
      default:
        throw new ProtocolViolation("no type of frame that an extension host sends");
    }
  }

  private begin(body: BodyReader): void {
    const before = this.declared;
    this.declared = readReady(body);
    this.ready = true;
    this.options.onReady?.([...this.declared.values()]);
    for (const connection of [...this.all]) {
      const { extension } = connection;
      const difference = this.differenceOf(extension);
      const version = this.declared.get(extension)?.version;
      if (difference !== undefined) connection.abort("refused", difference);
      else if (connection.resumed && version !== before.get(extension)?.version) {
        connection.abort("parser-error", `the extension host came back with version ${version} of the extension`);
      } else connection.poke();
    }
  }

  /** Has a connection take what came for it. Where that breaks the protocol, the connection alone is the worse for it. */
  private connection(number: number, body: BodyReader, step: (connection: RemoteConnection) => void): void {
    const connection = this.byNumber.get(number);
    if (connection === undefined) {
      if (number === 0 || number > this.lastNumber) throw new ProtocolViolation("there was never such a connection");
      // Closed while this was on its way.
      body.rest();
      return;
    }
    connection.guard(() => {
      step(connection);
      body.done();
    });
    body.rest();
    if (connection.idle && this.suspects.cleared(connection)) this.serve();
  }

  private pong(number: number): void {
    const ping = this.pings.get(number);
    if (ping === undefined) throw new ProtocolViolation(`PONG ${number} answers no PING`);
    for (const connection of this.all) {
      if (!connection.owesFrom(ping.lastNumber, ping.lastSequence)) continue;
      throw new ProtocolViolation(`PONG ${number} came before what connection ${connection.number} was owed`);
    }
    this.pings.delete(number);
    this.owedSince = this.now();
    ping.settle();
  }

  /** What was read, the host may send again. */
  private pay(length: number): void {
    this.read += length;
    if (this.read < CREDIT_STEP_BYTES) return;
    this.frame(Frame.Credit, 0).u32(this.read);
    this.end();
    this.read = 0;
  }

  /** Lets those go on that waited, in turn, as long as there is room. */
  private serve(): void {
    if (!this.ready || this.congested || this.waiting.size === 0) return;
    for (const connection of [...this.waiting]) {
      if (this.congested || this.bufferedBytes >= this.options.bufferedBytesMax) return;
      if (!this.suspects.mayWork(connection)) continue;
      this.waiting.delete(connection);
      connection.poke();
    }
  }

  private send(): void {
    const { link } = this;
    if (link === undefined || this.writer.length === 0) return;
    if (!link.send(this.writer.take())) this.congested = true;
  }

  /** Nothing is sent to this host, or read from it, any more. */
  private silence(): void {
    this.link = undefined;
    this.ready = false;
    this.byNumber.clear();
    this.scheduled = false;
    this.writer.take();
  }

  private admit(name: string): void {
    if (this.all.size >= this.options.connectionsMax) {
      throw new ConnectionRefused(`the extension host has ${this.options.connectionsMax} connections already`);
    }
    const difference = this.ready ? this.differenceOf(name) : undefined;
    if (difference !== undefined) throw new ConnectionRefused(difference);
  }

  /** Why the present host cannot serve an extension; undefined: it can. */
  private differenceOf(name: string): string | undefined {
    const expected = this.expected.get(name);
    return expected && differenceOf(expected, this.declared.get(name));
  }
}

function reasonIn(body: BodyReader): string {
  return body
    .block(REASON_CHARACTERS_MAX * 64)
    .toString("utf8")
    .slice(0, REASON_CHARACTERS_MAX);
}
