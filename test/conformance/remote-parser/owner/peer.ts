import type { Socket } from "node:net";
import type { Watch } from "./watch.ts";

/** Nobody takes anything any more when nothing moves for so long. */
const STUCK_MS = 200;
/** An owner that takes so much holds it in memory: no kernel does. */
const TAKEN_BYTES_MAX = 67_108_864;
const CHUNK_BYTES = 262_144;

/** A client or a server: what it has said, what it has heard, and what it was to hear. */
export class Peer {
  readonly name: string;
  /** It has said that nothing will follow. */
  ended = false;
  /** Bytes that it has said. */
  length = 0;
  private readonly watch: Watch;
  private socket: Socket | undefined;
  private readonly written: Buffer[] = [];
  private received: Buffer[] = [];
  private receivedLength = 0;
  private readonly expected: Buffer[] = [];
  private expectedLength = 0;
  private isForgotten = false;
  private over: "end" | "close" | undefined;

  constructor(name: string, watch: Watch) {
    this.name = name;
    this.watch = watch;
  }

  attach(socket: Socket): void {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.received.push(bytes);
      this.receivedLength += bytes.length;
      this.watch.changed();
    });
    socket.on("end", () => {
      this.over ??= "end";
      this.watch.changed();
    });
    // A reset is an end like any other: `close` follows.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.over = "close";
      this.watch.changed();
    });
  }

  get isAttached(): boolean {
    return this.socket !== undefined;
  }

  get port(): number {
    return this.socket?.localPort ?? 0;
  }

  /** Hears nothing more from the other side. */
  get isOver(): boolean {
    return this.over !== undefined;
  }

  write(bytes: string | Buffer): void {
    const said = Buffer.from(bytes as string);
    this.written.push(said);
    this.length += said.length;
    this.socket?.write(said);
  }

  /** Nothing will follow. */
  end(): void {
    this.ended = true;
    this.socket?.end();
  }

  reset(): void {
    this.socket?.resetAndDestroy();
  }

  /** Takes nothing from the kernel until `resume`. */
  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  /** What it has said from one offset to another, as far as it has. */
  said(from: number, to: number): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    for (const bytes of this.written) {
      if (at < to && at + bytes.length > from) parts.push(bytes.subarray(Math.max(0, from - at), to - at));
      at += bytes.length;
    }
    return Buffer.concat(parts);
  }

  /** Says one thing after the other until nobody takes it; wrong if somebody takes everything. */
  async writeUntilStuck(): Promise<void> {
    const { socket } = this;
    if (socket === undefined) return;
    const onDrain = (): void => this.watch.changed();
    socket.on("drain", onDrain);
    do {
      if (this.isOver) throw new Error(`the connection of the ${this.name} ended after ${this.length} bytes`);
      if (this.length > TAKEN_BYTES_MAX) {
        throw new Error(`${this.length} bytes of the ${this.name} were taken, and nobody took them further`);
      }
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let at = 0; at < chunk.length; at += 4) chunk.writeUInt32BE(this.length + at, at);
      this.write(chunk);
    } while (await this.watch.within(STUCK_MS, () => socket.writableLength === 0 || this.isOver));
    socket.off("drain", onDrain);
  }

  /** What it is to hear next. */
  async gets(bytes: string | Buffer): Promise<void> {
    const next = Buffer.from(bytes as string);
    this.expected.push(next);
    this.expectedLength += next.length;
    await this.watch.until(
      () => this.receivedLength >= this.expectedLength || this.isOver,
      () => `the ${this.name} gets ${shown(next)}; it has got ${this.heard()}`,
    );
    this.compare();
  }

  /** The other side says nothing more, in whatever way. */
  async isEnded(): Promise<void> {
    await this.watch.until(
      () => {
        this.assertNoMore();
        return this.isOver;
      },
      () => `the end of the connection at the ${this.name}; it has got ${this.heard()}`,
    );
    this.compare();
    this.assertNoMore();
  }

  private assertNoMore(): void {
    if (this.isForgotten || this.receivedLength <= this.expectedLength) return;
    throw new Error(`the ${this.name} got ${this.heard()}, and was to get ${this.wanted()}`);
  }

  /** It does not matter what it hears. */
  forget(): void {
    this.isForgotten = true;
  }

  destroy(): void {
    this.socket?.destroy();
  }

  private compare(): void {
    if (this.isForgotten) return;
    const received = joined(this.received);
    this.received = [received];
    const expected = joined(this.expected);
    if (received.length >= expected.length && received.subarray(0, expected.length).equals(expected)) return;
    throw new Error(`the ${this.name} got ${this.heard()}, and was to get ${this.wanted()}`);
  }

  private heard(): string {
    return shown(joined(this.received));
  }

  private wanted(): string {
    return shown(joined(this.expected));
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

function shown(bytes: Buffer): string {
  const text = JSON.stringify(bytes.subarray(-60).toString("latin1"));
  return bytes.length <= 60 ? text : `${bytes.length} bytes that end with ${text}`;
}
