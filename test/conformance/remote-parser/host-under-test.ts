import { setTimeout as after } from "node:timers/promises";
import { block, frame, json, linesOf, u8, u16, u32, u64 } from "./wire.ts";

/** The stream to a host, whatever runs it. */
export interface HostStream {
  write(bytes: Buffer): void;
  /** Nothing more is written. */
  end(): void;
  /** What the host sends; done when its stream has ended. */
  readonly incoming: AsyncIterator<Buffer>;
  /** Ends whatever runs the host. */
  dispose(): Promise<void>;
}

const PIECES_MAX = 100;

export interface OpenOptions {
  readonly extension?: string;
  readonly rules?: number;
  readonly observed?: boolean;
  /** Resumed from this. */
  readonly state?: Buffer;
  readonly decided?: readonly [number, number];
  readonly port?: number;
}

const PEER = { identity: 1001, labels: ["unspec:app=client"], address: "127.0.1.1:40000" };

/** The owner of the conformance test: says what it is told to, and reads what the host answers. */
export class HostUnderTest {
  private readonly stream: HostStream;
  private readonly inPieces: boolean;
  private readonly answerMs: number;
  private received = Buffer.alloc(0);
  private lines: string[] = [];
  private pings = 0;

  /**
   * @param inPieces Sends every byte of a frame alone, or, of a long one, hundred pieces.
   * @param answerMs An answer that takes longer is a failure.
   */
  constructor(stream: HostStream, inPieces: boolean, answerMs: number) {
    this.answerMs = answerMs;
    this.stream = stream;
    this.inPieces = inPieces;
  }

  send(bytes: Buffer): void {
    const length = this.inPieces ? Math.ceil(bytes.length / PIECES_MAX) : bytes.length;
    for (let at = 0; at < bytes.length; at += length) this.stream.write(bytes.subarray(at, at + length));
  }

  hello(options: { magic?: number; version?: number; undecided?: number; credit?: number } = {}): void {
    const { magic = 0x57454952, version = 1, undecided = 1_048_576, credit = 1_048_576 } = options;
    this.send(frame(0x01, 0, u32(magic), u16(version), u32(undecided), u32(1_048_576), u32(credit)));
  }

  rules(number: number, matcher: unknown, extension = "weir.reference"): void {
    this.send(frame(0x03, 0, u32(number), json({ extension, matcher })));
  }

  open(connection: number, options: OpenOptions = {}): void {
    const { extension = "weir.reference", rules = 1, observed = false, state, decided = [0, 0], port = 4000 } = options;
    const info = {
      id: connection,
      ingress: true,
      source: PEER,
      destination: { ...PEER, endpoint: "server" },
      policyName: "server",
      port,
      proto: extension,
      config: {},
    };
    const flags = (observed ? 1 : 0) | (state === undefined ? 0 : 2);
    const resumed = state === undefined ? [] : [block(state)];
    this.send(frame(0x02, connection, u8(flags), u32(rules), u64(decided[0]), u64(decided[1]), ...resumed, json(info)));
  }

  data(connection: number, direction: number, offset: number, bytes: string, end = false): void {
    this.send(frame(0x05, connection, u8(direction), u8(end ? 1 : 0), u64(offset), Buffer.from(bytes, "latin1")));
  }

  update(connection: number, rules: number, observed: boolean): void {
    this.send(frame(0x06, connection, u8(observed ? 1 : 0), u32(rules), json({ source: PEER, destination: PEER })));
  }

  close(connection: number): void {
    this.send(frame(0x07, connection));
  }

  credit(bytes: number): void {
    this.send(frame(0x09, 0, u32(bytes)));
  }

  /** Everything that the host says before it answers a PING, without the PONG. */
  async said(): Promise<readonly string[]> {
    const number = ++this.pings;
    this.send(frame(0x08, 0, u32(number)));
    return await this.saidUntil(`PONG ${number}`);
  }

  /** Everything that the host says before this. */
  async saidUntil(last: string): Promise<readonly string[]> {
    for (;;) {
      const at = this.lines.indexOf(last);
      if (at >= 0) return this.lines.splice(0, at + 1).slice(0, -1);
      const seen = this.lines.length;
      if (!(await this.read())) throw new Error(`the stream ended before ${last}, after ${shown(this.lines, seen)}`);
    }
  }

  /** Nothing more is sent: everything that the host says until it ends the stream. */
  async saidToTheEnd(): Promise<readonly string[]> {
    this.stream.end();
    return await this.ended();
  }

  /** The host must end the stream: everything that it says before. */
  async ended(): Promise<readonly string[]> {
    while (await this.read());
    return this.lines.splice(0);
  }

  async dispose(): Promise<void> {
    await this.stream.dispose();
  }

  /** @returns false: the stream has ended. */
  private async read(): Promise<boolean> {
    const waiting = new AbortController();
    const late = after(this.answerMs, undefined, { signal: waiting.signal }).then(
      () => {
        throw new Error(`nothing came for ${this.answerMs} ms, after ${shown(this.lines, this.lines.length)}`);
      },
      () => undefined as never,
    );
    const next = await Promise.race([this.stream.incoming.next(), late]).finally(() => waiting.abort());
    if (next.done === true) return false;
    this.received = Buffer.concat([this.received, next.value]);
    this.cut();
    return true;
  }

  private cut(): void {
    while (this.received.length >= 4) {
      const length = this.received.readUInt32BE();
      if (length < 5 || length > 4 * 1_048_576) throw new Error(`a frame of ${length} bytes`);
      if (this.received.length < 4 + length) return;
      const body = this.received.subarray(9, 4 + length);
      this.lines.push(...linesOf(this.received.readUInt8(4), this.received.readUInt32BE(5), body));
      this.received = this.received.subarray(4 + length);
    }
  }
}

function shown(lines: readonly string[], count: number): string {
  return count === 0 ? "nothing" : JSON.stringify(lines.slice(-8));
}
