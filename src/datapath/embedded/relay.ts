import type { Socket } from "node:net";
import type { ConnectionStream } from "../../proxylib/connection-stream.ts";
import { type CloseReason, type ConnectionIo, Direction } from "../../proxylib/io.ts";
import type { EmbeddedCounters } from "./counters.ts";
import { Lane } from "./lane.ts";
import type { EmbeddedLimits } from "./limits.ts";
import { hasGone } from "./peer-gone.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { flushThenClose, flushThenReset, lingerThenClose, resetSocket, resetWhenIdle } from "./socket-end.ts";

const KEEP_ALIVE_DELAY_MS = 60_000;
const NOTHING = Buffer.alloc(0);

/**
 * The two sockets of one connection as the engine's `ConnectionIo`: moves bytes both ways, keeps half-close and
 * back-pressure end to end, and ends both sides as one.
 *
 * How one side ends is how the other ends: a FIN goes on as a FIN, a reset as a reset. Bytes that were sent on before are
 * written first in either case.
 */
export class Relay implements ConnectionIo {
  private readonly client: RelaySocket;
  private readonly upstream: RelaySocket;
  private readonly limits: EmbeddedLimits;
  /** Indexed by direction. */
  private readonly toUpstream: Lane;
  private readonly toClient: Lane;
  private stream: ConnectionStream | undefined;
  /** Calls into the engine that are on the stack: what it sends meanwhile is written at their end. */
  private depth = 0;
  private open = true;
  private socketsLeft = 2;
  /** One side is found to have gone: the other one has so long to take what is left. */
  private isLeaving = false;
  private readonly onClosed: () => void;
  private readonly onFault: (error: unknown) => void;

  /**
   * @param client Paused; nobody has read from it. @param upstream Just connected, likewise.
   * @param options.onFault The engine itself threw, which it must not; the connection is reset.
   * @param options.onClosed Called once, when both sockets are gone.
   */
  constructor(
    client: RelaySocket,
    upstream: RelaySocket,
    options: {
      readonly limits: EmbeddedLimits;
      readonly counters: EmbeddedCounters;
      readonly onFault: (error: unknown) => void;
      readonly onClosed: () => void;
    },
  ) {
    const { counters } = options;
    this.client = client;
    this.upstream = upstream;
    this.limits = options.limits;
    this.onFault = options.onFault;
    this.onClosed = options.onClosed;
    this.toUpstream = new Lane(client.socket, upstream.socket, (byteCount) => {
      counters.bytesToUpstream += byteCount;
    });
    this.toClient = new Lane(upstream.socket, client.socket, (byteCount) => {
      counters.bytesToClient += byteCount;
    });
    this.watch(client.socket, upstream);
    this.watch(upstream.socket, client);
  }

  /** Begins to read both sides into the engine. */
  start(stream: ConnectionStream): void {
    this.stream = stream;
    if (!this.open) return;
    this.feed(Direction.Original, this.client, this.upstream);
    this.feed(Direction.Reply, this.upstream, this.client);
    this.settle();
  }

  send(direction: Direction, bytes: Uint8Array): boolean {
    if (!this.open) return true;
    const lane = this.lane(direction);
    lane.send(bytes);
    if (this.depth === 0) this.settle();
    return !lane.congested;
  }

  end(direction: Direction): void {
    if (this.open) this.lane(direction).end();
  }

  setPaused(direction: Direction, paused: boolean): void {
    if (!this.open) return;
    this.lane(direction).paused = paused;
    if (this.depth === 0) this.settle();
  }

  keepChunk(direction: Direction): boolean {
    const { reader } = direction === Direction.Original ? this.client : this.upstream;
    // Without a reader of our own every chunk has memory of its own.
    return reader === undefined || reader.keep();
  }

  close(_reason: CloseReason): void {
    if (!this.open) return;
    this.toUpstream.flush();
    this.toClient.flush();
    this.finish();
    flushThenClose(this.upstream.socket, this.limits.flushTimeoutMs);
    lingerThenClose(this.client, this.limits);
  }

  /** Lets the kernel find out when a silent side is dead. */
  keepAlive(): void {
    this.client.socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    this.upstream.socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  }

  /**
   * Finds out whether one side has gone without our noticing: nothing is read from a side that has ended its stream, or
   * whose bytes the other side does not take, and so the end of its connection shows nowhere.
   */
  findGone(): void {
    if (this.isLeaving) return;
    if (hasGone(this.client.socket)) this.leave(this.upstream.socket);
    else if (hasGone(this.upstream.socket)) this.leave(this.client.socket);
  }

  /** Resets both sides at once; what was not written is lost. */
  reset(): void {
    this.finish();
    resetSocket(this.client.socket);
    resetSocket(this.upstream.socket);
  }

  private watch(socket: Socket, other: RelaySocket): void {
    socket.on("error", () => this.failed(socket, other));
    socket.on("close", () => this.gone(other.socket));
  }

  /** Gives what the source of a direction says to the engine, and tells it when its sink takes bytes again. */
  private feed(direction: Direction, { socket: source, reader }: RelaySocket, { socket: sink }: RelaySocket): void {
    const receive = (chunk: Buffer): void => this.receive(direction, chunk, false);
    if (reader === undefined) source.on("data", receive);
    // A parser may send parts of a chunk either way.
    else reader.attach(receive, [sink, source]);
    source.on("end", () => this.receive(direction, NOTHING, true));
    sink.on("drain", () => this.drained(direction));
  }

  private receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    if (!this.open) return;
    this.depth++;
    try {
      this.stream?.receive(direction, chunk, endStream);
    } catch (error) {
      this.fault(error);
    }
    this.depth--;
    this.settle();
  }

  private drained(direction: Direction): void {
    const lane = this.lane(direction);
    if (!this.open || !lane.congested) return;
    lane.congested = false;
    this.depth++;
    try {
      this.stream?.drained(direction);
    } catch (error) {
      this.fault(error);
    }
    this.depth--;
    this.settle();
  }

  private fault(error: unknown): void {
    this.onFault(error);
    this.reset();
  }

  /** Writes what the engine sent during the call, and reads on or stops. */
  private settle(): void {
    if (!this.open || this.depth > 0) return;
    this.toUpstream.flush();
    this.toClient.flush();
    this.toUpstream.updateReading();
    this.toClient.updateReading();
  }

  /** A reset, a broken connection, or a write to a side that has closed. */
  private failed(socket: Socket, other: RelaySocket): void {
    if (!this.open) return;
    this.finish();
    // Whoever has ended its stream before had said everything: its last words are delivered in peace.
    if (!socket.readableEnded) flushThenReset(other.socket, this.limits.flushTimeoutMs);
    else if (other === this.client) lingerThenClose(other, this.limits);
    else flushThenClose(other.socket, this.limits.flushTimeoutMs);
  }

  private gone(other: Socket): void {
    this.socketsLeft--;
    if (this.socketsLeft > 0) {
      // One side is completely closed: the other has its FIN, or gets it from the engine.
      this.leave(other);
      return;
    }
    this.finish();
    this.onClosed();
  }

  /** The other side must not take for ever. */
  private leave(left: Socket): void {
    this.isLeaving = true;
    resetWhenIdle(left, this.limits.flushTimeoutMs);
  }

  private finish(): void {
    if (!this.open) return;
    this.open = false;
    this.stream?.closed();
  }

  private lane(direction: Direction): Lane {
    return direction === Direction.Original ? this.toUpstream : this.toClient;
  }
}
