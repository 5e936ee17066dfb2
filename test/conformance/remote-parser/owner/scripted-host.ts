import type { Duplex } from "node:stream";
import { frame, json, u16, u32 } from "../wire.ts";
import { type Hello, type Open, type OwnerFrame, type RuleText, readOwnerFrame } from "./owner-frame.ts";
import type { Peer } from "./peer.ts";
import { ShownConnection } from "./shown-connection.ts";
import type { Watch } from "./watch.ts";

const FRAME_BYTES_MAX = 16_777_216;
const PIECES_MAX = 100;

export const EXTENSION = "weir.reference";
export const DECLARED = { name: EXTENSION, version: "1.0.0", fields: { word: { exact: true } }, resumes: true };

export interface Rules {
  readonly extension: string;
  readonly rules: readonly RuleText[];
}

/** Whose connection OPEN tells of; undefined: nobody's that is known. */
export type SidesOf = (open: Open) => readonly [Peer, Peer] | undefined;

/**
 * An extension host that says what a check tells it to, byte by byte, and sees to it that the owner keeps to the protocol in
 * everything that it sends.
 */
export class ScriptedHost {
  readonly connections = new Map<number, ShownConnection>();
  readonly rules = new Map<number, Rules>();
  hello: Hello | undefined;
  /** The owner has ended the stream. */
  isOver = false;
  /** Bytes of CREDIT. */
  granted = 0;
  /** Bytes that it has sent. */
  sent = 0;
  private readonly stream: Duplex;
  private readonly inPieces: boolean;
  private readonly watch: Watch;
  private readonly sidesOf: SidesOf;
  private received: Buffer = Buffer.alloc(0);
  private isReady = false;
  private lastConnection = 0;
  private readonly rulesTold = new Set<number>();
  private readonly pings: number[] = [];

  /** @param inPieces Sends every byte of a frame alone, or, of a long one, hundred pieces. */
  constructor(stream: Duplex, inPieces: boolean, watch: Watch, sidesOf: SidesOf) {
    this.stream = stream;
    this.inPieces = inPieces;
    this.watch = watch;
    this.sidesOf = sidesOf;
    stream.on("data", (bytes: Buffer) => this.receive(bytes));
    // An owner that ends the stream while the host still writes is what some checks want.
    stream.on("error", () => undefined);
    for (const event of ["end", "close"]) {
      stream.on(event, () => {
        this.isOver = true;
        this.watch.changed();
      });
    }
  }

  /** Bytes as they are. */
  send(bytes: Buffer): void {
    const length = this.inPieces ? Math.ceil(bytes.length / PIECES_MAX) : bytes.length;
    this.sent += bytes.length;
    for (let at = 0; at < bytes.length && this.stream.writable; at += length) {
      this.stream.write(bytes.subarray(at, at + length));
    }
  }

  /** READY. */
  ready(version = 1, declared: unknown = [DECLARED]): this {
    this.isReady = true;
    this.send(frame(0x81, 0, u16(version), json(declared)));
    return this;
  }

  /** HELLO has come. */
  async greeted(): Promise<Hello> {
    await this.watch.until(
      () => this.hello !== undefined,
      () => "HELLO",
    );
    return this.hello as Hello;
  }

  /** The connection of this client. */
  async opened(client: Peer): Promise<ShownConnection> {
    const find = (): ShownConnection | undefined =>
      [...this.connections.values()].find(({ halves }) => halves[0].source === client);
    await this.watch.until(
      () => find() !== undefined,
      () => "OPEN",
    );
    return find() as ShownConnection;
  }

  /** Whether it was given the connection of this client. */
  isGiven(client: Peer): boolean {
    return [...this.connections.values()].some(({ halves }) => halves[0].source === client);
  }

  /** The process ends, so to speak. @param last Bytes that it has left in the stream. */
  die(last: Buffer = Buffer.alloc(0)): void {
    this.send(last);
    this.stream.end();
  }

  /** The owner must end the stream. */
  async isEnded(): Promise<void> {
    await this.watch.until(
      () => this.isOver,
      () => "the end of the stream",
    );
    this.stream.destroy();
  }

  private receive(bytes: Buffer): void {
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    try {
      while (this.take());
    } catch (error) {
      this.watch.wrong((error as Error).message);
    }
    this.watch.changed();
  }

  private take(): boolean {
    const { received } = this;
    if (received.length < 4) return false;
    const length = received.readUInt32BE();
    if (length < 5 || length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes`);
    if (received.length < 4 + length) return false;
    this.received = received.subarray(4 + length);
    const number = received.readUInt32BE(5);
    this.took(number, readOwnerFrame(received.readUInt8(4), number, received.subarray(9, 4 + length)));
    this.answerPings();
    return true;
  }

  private took(number: number, told: OwnerFrame): void {
    if ((this.hello === undefined) !== (told.type === "HELLO"))
      throw new Error(`${told.type} is the first frame, or HELLO is not`);
    if (told.type !== "HELLO" && !this.isReady) throw new Error(`${told.type} before READY`);
    switch (told.type) {
      case "HELLO":
        this.hello = told.hello;
        return;
      case "RULES":
        if (this.rulesTold.has(told.number)) throw new Error(`RULES ${told.number} twice`);
        this.rulesTold.add(told.number);
        this.rules.set(told.number, told);
        return;
      case "FORGET":
        if (!this.rules.delete(told.number)) throw new Error(`FORGET of rules ${told.number}, which are not known`);
        for (const connection of this.connections.values()) {
          if (!connection.isClosed) this.assertKnown("FORGET", connection.rules);
        }
        return;
      case "OPEN":
        this.open(number, told.open);
        return;
      case "PING":
        this.pings.push(told.number);
        return;
      case "CREDIT":
        this.granted += told.bytes;
        if (this.granted > this.sent) throw new Error(`CREDIT for ${this.granted} bytes; ${this.sent} were sent`);
        return;
      default:
        this.tookOf(this.connection(told.type, number), told);
    }
  }

  private tookOf(connection: ShownConnection, told: OwnerFrame & { type: "DATA" | "UPDATE" | "CLOSE" }): void {
    if (told.type === "CLOSE") connection.isClosed = true;
    else if (told.type === "DATA") connection.take(told);
    else {
      this.assertKnown("UPDATE", told.rules);
      connection.rules = told.rules;
    }
  }

  private open(number: number, open: Open): void {
    if (number <= this.lastConnection) throw new Error(`OPEN ${number} after OPEN ${this.lastConnection}`);
    this.lastConnection = number;
    this.assertKnown("OPEN", open.rules);
    const sides = this.sidesOf(open);
    if (sides === undefined) throw new Error(`OPEN of nobody's connection, from ${open.info.source.address}`);
    this.connections.set(number, new ShownConnection(number, open, sides, this.watch, (bytes) => this.send(bytes)));
  }

  private assertKnown(where: string, rules: number): void {
    if (!this.rules.has(rules)) throw new Error(`${where}: rules ${rules} are in use, and not known`);
  }

  private connection(type: string, number: number): ShownConnection {
    const connection = this.connections.get(number);
    if (connection === undefined) throw new Error(`${type} of connection ${number}, which was not opened`);
    if (connection.isClosed) throw new Error(`${type} of connection ${number} after CLOSE`);
    return connection;
  }

  /** PONG, when everything that came has been answered. */
  answerPings(): void {
    if (this.pings.length === 0 || ![...this.connections.values()].every(({ isIdle }) => isIdle)) return;
    for (const number of this.pings.splice(0)) this.send(frame(0x85, 0, u32(number)));
  }
}
