import type { Socket } from "node:net";
import { type Bodies, DENIED_MARK } from "../load/bodies.ts";
import type { Load, LoadProtocol } from "../load/protocol.ts";
import { PROTOCOLS } from "../load/protocols.ts";
import { type Asked, askedAt, type Ending, endingOf } from "../load/request.ts";
import { type Expected, StreamChecker } from "../load/stream-checker.ts";
import type { ArrivalsWriter } from "./arrivals.ts";

/** One connection that reached the upstream: every byte must be the next one of what policy allows of its client's. */
export class UpstreamConnection {
  private readonly load: Load;
  private readonly bodies: Bodies;
  private readonly arrivals: ArrivalsWriter;
  private readonly socket: Socket;
  private readonly protocol: LoadProtocol;
  /** Until it is known whose they are. */
  private first: Buffer = Buffer.alloc(0);
  private connection = -1;
  private ending: Ending | undefined;
  private checker: StreamChecker | undefined;
  private sequence = 0;
  private readonly arrived: { begun: number; whole: number } = { begun: 0, whole: 0 };

  constructor(load: Load, bodies: Bodies, arrivals: ArrivalsWriter, socket: Socket) {
    this.load = load;
    this.bodies = bodies;
    this.arrivals = arrivals;
    this.socket = socket;
    this.protocol = PROTOCOLS[load.protocol];
    socket.setNoDelay(true);
    // The proxy's side may be killed.
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    // Half-closed: what it still waits for is sent.
    socket.once("end", () => {
      this.streamEnded();
      socket.end();
    });
    socket.on("drain", () => socket.resume());
  }

  /** Answers what has come whole, and closes. */
  close(): void {
    this.socket.end();
  }

  private read(chunk: Buffer): void {
    const checker = this.checker ?? this.recognize(chunk);
    if (checker === undefined) return;
    this.socket.cork();
    const mismatch = checker.feed(this.first.length > 0 ? this.takeFirst() : chunk);
    if (this.arrived.begun > 0) this.arrivals.write(this.connection, this.arrived);
    this.socket.uncork();
    if (this.socket.writableNeedDrain) this.socket.pause();
    if (mismatch !== undefined) this.problem(`wrong bytes: ${JSON.stringify(mismatch)}`);
  }

  private takeFirst(): Buffer {
    const { first } = this;
    this.first = Buffer.alloc(0);
    return first;
  }

  /** Learns from the first request whose bytes these are. */
  private recognize(chunk: Buffer): StreamChecker | undefined {
    this.first = Buffer.concat([this.first, chunk]);
    const connection = this.protocol.connectionOf(this.first);
    if (connection === undefined) return undefined;
    if (connection === null) {
      this.problem(`no allowed request begins with ${this.show(this.first)}`);
      return undefined;
    }
    this.connection = connection;
    this.ending = endingOf(this.load.shape, connection);
    this.checker = new StreamChecker(() => this.nextRequest());
    return this.checker;
  }

  private nextRequest(): Expected | undefined {
    const asked = this.nextAllowed();
    if (asked === undefined) return undefined;
    return {
      what: `connection ${this.connection}, request ${asked.sequence} (${asked.command}, ${asked.length} bytes)`,
      segments: this.protocol.request(asked, this.bodies),
      begun: () => {
        this.arrived.begun = asked.sequence + 1;
      },
      whole: () => {
        this.arrived.whole = asked.sequence + 1;
        // Before the answer is on its way: what is answered has arrived, whatever happens to this process.
        this.arrivals.write(this.connection, this.arrived);
        for (const segment of this.protocol.reply(asked, this.bodies)) this.socket.write(segment);
      },
    };
  }

  private nextAllowed(): Asked | undefined {
    const { requests, how } = this.ending as Ending;
    for (;;) {
      const asked = askedAt(this.load.shape, this.connection, this.sequence);
      // Of the one behind the last, a part may come, but not of one that is decided by its end.
      const cut = this.sequence === requests && how === "cut-in-body" && asked.command !== "sealed";
      if (this.sequence >= requests && !cut) return undefined;
      this.sequence++;
      if (asked.allowed) return asked;
    }
  }

  private streamEnded(): void {
    if (this.first.length > 0) this.problem(`the stream ends with ${this.show(this.first)}`, true);
    else if (this.checker?.atBoundary === false && this.sequence <= (this.ending as Ending).requests)
      this.problem(`the stream ends within ${JSON.stringify(this.checker.underway)}`, true);
  }

  /** @param soft No wrong byte: allowed where the client's connection broke as well. */
  private problem(text: string, soft = false): void {
    const { connection } = this;
    this.arrivals.problem(JSON.stringify({ connection, soft, text: `${this.load.protocol}: ${text}` }));
    if (!soft) this.socket.destroy();
  }

  private show(bytes: Buffer): string {
    const hint = bytes.includes(DENIED_MARK) || bytes.includes("no/") ? " (denied bytes)" : "";
    const cut = bytes.includes("cut/") ? " (undecided bytes)" : "";
    return `${JSON.stringify(bytes.toString("latin1", 0, 64))}${hint}${cut}`;
  }
}
