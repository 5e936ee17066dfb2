import type { ConnectionStream } from "../../proxylib/connection-stream.ts";
import type { ConnectionIo, Direction } from "../../proxylib/io.ts";

/** Stands where the engine stands for connections without L7 policy: passes everything on as it comes. */
export class PassStream implements ConnectionStream {
  private readonly io: ConnectionIo;

  constructor(io: ConnectionIo) {
    this.io = io;
  }

  receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    if (chunk.length > 0) this.io.send(direction, chunk);
    if (endStream) this.io.end(direction);
  }

  drained(): void {
    // Nothing waits here: the relay stops reading while the receiver is congested.
  }

  closed(): void {
    // No state.
  }
}
