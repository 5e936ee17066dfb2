import { connect, type Socket } from "node:net";
import type { Bodies } from "../load/bodies.ts";
import type { Load, LoadProtocol } from "../load/protocol.ts";
import { PROTOCOLS } from "../load/protocols.ts";
import { hashOf } from "../load/random.ts";
import { type Asked, askedAt, type Ending, endingOf } from "../load/request.ts";
import { type Expected, type Mismatch, StreamChecker } from "../load/stream-checker.ts";

/** What became of one connection. */
export interface ConnectionRow {
  readonly connection: number;
  /** Its own end. 0: it was never opened. */
  readonly localPort: number;
  readonly openedAt: number;
  readonly endedAt: number;
  /** Requests of which at least one byte was written. */
  readonly begun: number;
  /** Requests that have their whole answer. They come in order. */
  readonly answered: number;
  /**
   * `finished`: all requests have their answers. `cut`: the same, and a part of one more was sent. `refused`: it could not
   * be opened. `broken`: it ended before. `wrong`: a byte came that should not.
   */
  readonly end: "finished" | "cut" | "refused" | "broken" | "wrong";
  readonly reason: string;
  readonly mismatch?: Mismatch;
}

export interface ConnectionOptions {
  readonly load: Load;
  readonly bodies: Bodies;
  readonly connection: number;
  readonly to: { readonly host: string; readonly port: number };
  readonly from: string;
  onAnswer(latencyMs: number): void;
  onEnd(row: ConnectionRow): void;
}

/** Requests of a connection that wait for an answer at the same time. */
export const DEPTH_MAX = 16;

/** Makes the requests of one connection, several at a time, and looks at every byte of the answers. */
export class ClientConnection {
  private readonly options: ConnectionOptions;
  private readonly protocol: LoadProtocol;
  private readonly ending: Ending;
  private readonly depth: number;
  private readonly socket: Socket;
  private readonly checker: StreamChecker;
  /** When the requests that wait for an answer were written, the oldest first. */
  private readonly writtenAt: number[] = [];
  private localPort = 0;
  private openedAt = 0;
  private begun = 0;
  private answered = 0;
  private congested = false;
  private stopping = false;
  private said: ConnectionRow["end"] | undefined;
  private reason = "";
  private mismatch: Mismatch | undefined;

  constructor(options: ConnectionOptions) {
    const { load, connection, to, from } = options;
    this.options = options;
    this.protocol = PROTOCOLS[load.protocol];
    this.ending = endingOf(load.shape, connection);
    this.depth = 1 + (hashOf(load.shape.seed, 30, connection) % DEPTH_MAX);
    this.checker = new StreamChecker(() => this.nextReply());
    this.socket = connect({ ...to, localAddress: from, allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.once("connect", () => {
      this.localPort = this.socket.localPort ?? 0;
      this.openedAt = Date.now();
      this.pump();
    });
    this.socket.on("drain", () => {
      this.congested = false;
      this.pump();
    });
    this.socket.on("data", (chunk: Buffer) => this.read(chunk));
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.reason ||= error.code ?? error.message;
    });
    this.socket.once("end", () => {
      if (this.said === undefined) this.reason ||= "closed by the other side";
      this.socket.end();
    });
    this.socket.once("close", () => this.closed());
  }

  /** Makes no further requests, and ends when the others have their answers. */
  stop(): void {
    this.stopping = true;
    this.pump();
  }

  /** One line for whoever wonders why nothing goes on. */
  describe(): string {
    const underway = this.checker.underway;
    const waits =
      this.writtenAt[0] === undefined ? "" : `, oldest ${Math.round(performance.now() - this.writtenAt[0])} ms`;
    const within = underway === undefined ? "" : `, ${underway.bytes} bytes of ${underway.what}`;
    const state = `${this.congested ? ", congested" : ""}${this.said === undefined ? "" : `, ${this.said}`}`;
    return `connection ${this.options.connection} port ${this.localPort}: ${this.begun} begun, ${this.answered} answered${waits}${within}${state}`;
  }

  private pump(): void {
    if (this.openedAt === 0 || this.said !== undefined) return;
    const { load, connection, bodies } = this.options;
    const last = this.stopping ? this.begun : this.ending.requests;
    while (!this.congested && this.begun < last && this.writtenAt.length < this.depth) {
      this.writtenAt.push(performance.now());
      const asked = askedAt(load.shape, connection, this.begun++);
      this.write(this.protocol.request(asked, bodies));
    }
    if (this.begun >= last && this.answered === this.begun) this.finish();
  }

  private write(segments: readonly Buffer[]): void {
    this.socket.cork();
    for (const segment of segments) if (!this.socket.write(segment)) this.congested = true;
    this.socket.uncork();
  }

  private finish(): void {
    const { how, share } = this.ending;
    const cut =
      how === "end" || this.stopping
        ? undefined
        : how === "cut-in-body"
          ? this.cutRequest(share)
          : this.undecided(share);
    this.said = cut === undefined ? "finished" : "cut";
    if (cut === undefined) this.socket.end();
    else this.socket.end(cut);
  }

  private undecided(share: number): Buffer {
    return this.protocol.undecided(this.options.connection, share);
  }

  /** A part of one more request, its header at least; never all of it. */
  private cutRequest(share: number): Buffer {
    const { load, connection, bodies } = this.options;
    const segments = this.protocol.request(askedAt(load.shape, connection, this.begun++), bodies);
    const whole = Buffer.concat(segments);
    const bytes = Math.max((segments[0] as Buffer).length, Math.floor(whole.length * share));
    return whole.subarray(0, Math.min(bytes, whole.length - 1));
  }

  private nextReply(): Expected | undefined {
    if (this.writtenAt.length === 0) return undefined;
    const { load, connection, bodies } = this.options;
    const asked: Asked = askedAt(load.shape, connection, this.answered);
    return {
      what: `the answer of request ${asked.sequence} (${asked.command}, ${asked.allowed ? "allowed" : "denied"}, ${asked.length} bytes)`,
      segments: this.protocol.reply(asked, bodies),
      begun: () => {},
      whole: () => {
        this.answered++;
        this.options.onAnswer(performance.now() - (this.writtenAt.shift() as number));
      },
    };
  }

  private read(chunk: Buffer): void {
    // What comes behind a cut request is the protocol's own complaint.
    if (this.said === "cut" || this.said === "wrong") return;
    this.mismatch = this.checker.feed(chunk);
    if (this.mismatch === undefined) {
      this.pump();
      return;
    }
    this.said = "wrong";
    this.socket.destroy();
  }

  private closed(): void {
    const { connection } = this.options;
    const end = this.said ?? (this.openedAt === 0 ? "refused" : "broken");
    const { localPort, openedAt, begun, answered, reason, mismatch } = this;
    const common = { connection, localPort, openedAt, endedAt: Date.now(), begun, answered, end, reason };
    this.options.onEnd(mismatch === undefined ? common : { ...common, mismatch });
  }
}
