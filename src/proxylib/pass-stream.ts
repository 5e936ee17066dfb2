import type { ConnectionStream } from "./connection-stream.ts";
import type { ConnectionIo, Direction } from "./io.ts";
import type { StreamMode } from "./stream-mode.ts";

/** Stands where a parser would stand: passes everything on as it comes, and nobody reads it. */
export class PassStream implements ConnectionStream {
  private readonly io: ConnectionIo;
  /** Why its requests cannot be judged from now on. */
  private readonly unread: string;

  constructor(io: ConnectionIo, unread = "nobody has read what passed before") {
    this.io = io;
    this.unread = unread;
  }

  receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    if (chunk.length > 0) this.io.send(direction, chunk);
    if (endStream) this.io.end(direction);
  }

  drained(): void {
    // Nothing waits here: whoever owns the sockets stops reading while a receiver is congested.
  }

  closed(): void {
    // No state.
  }

  identify(): void {
    // Nobody asks who speaks.
  }

  setMode(mode: StreamMode): string | undefined {
    return mode === "enforce" ? this.unread : undefined;
  }
}
