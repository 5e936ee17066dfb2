import type { Socket } from "node:net";

/** Pieces that wait to be written together; above, they are written at once. */
const BATCH_BYTES_MAX = 65_536;

/**
 * One direction of a relayed connection: bytes from `source` to `sink`, with back-pressure. It reads only while the sink
 * takes bytes and nobody paused it.
 */
export class Lane {
  private readonly source: Socket;
  private readonly sink: Socket;
  /** Told how many bytes were handed to the sink. */
  private readonly sent: (byteCount: number) => void;

  /** The sink has not taken what it was given; its `drain` event will tell when it has. */
  congested = false;
  /** The engine waits for something else. */
  paused = false;
  ended = false;
  private reading = false;

  // What was sent during the call into the engine that is going on. Nearly always one piece, hence no list for it.
  private first: Uint8Array | undefined;
  private readonly rest: Uint8Array[] = [];
  private batchBytes = 0;

  constructor(source: Socket, sink: Socket, sent: (byteCount: number) => void) {
    this.source = source;
    this.sink = sink;
    this.sent = sent;
  }

  /** Takes bytes; they are written at the latest by `flush`. @returns false: the sink is congested. */
  send(bytes: Uint8Array): boolean {
    if (this.ended) return true;
    if (this.first === undefined) this.first = bytes;
    else this.rest.push(bytes);
    this.batchBytes += bytes.length;
    if (this.batchBytes >= BATCH_BYTES_MAX) this.flush();
    return !this.congested;
  }

  /** Writes what was sent: one piece as it is, small ones joined, so that each batch is one system call. */
  flush(): void {
    const first = this.first;
    if (first === undefined) return;
    const byteCount = this.batchBytes;
    this.first = undefined;
    this.batchBytes = 0;
    this.sent(byteCount);
    if (this.rest.length === 0) this.write(first);
    else this.writeAll(first, byteCount);
  }

  end(): void {
    if (this.ended) return;
    this.flush();
    this.ended = true;
    this.sink.end();
  }

  /** Reads from the source, or stops, as the flags say. */
  updateReading(): void {
    const reads = !(this.congested || this.paused);
    if (reads === this.reading) return;
    this.reading = reads;
    if (reads) this.source.resume();
    else this.source.pause();
  }

  private write(bytes: Uint8Array): void {
    // `write` also says false for large chunks that the kernel has taken whole; only what is left over is congestion.
    if (!this.sink.write(bytes) && this.sink.writableLength > 0) this.congested = true;
  }

  private writeAll(first: Uint8Array, byteCount: number): void {
    const rest = this.rest;
    if (byteCount <= BATCH_BYTES_MAX) {
      const joined = Buffer.allocUnsafe(byteCount);
      joined.set(first, 0);
      let offset = first.length;
      for (const piece of rest) {
        joined.set(piece, offset);
        offset += piece.length;
      }
      rest.length = 0;
      this.write(joined);
      return;
    }
    this.sink.cork();
    this.sink.write(first);
    for (const piece of rest) this.sink.write(piece);
    rest.length = 0;
    this.sink.uncork();
    if (this.sink.writableNeedDrain && this.sink.writableLength > 0) this.congested = true;
  }
}
