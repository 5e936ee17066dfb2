import type { ConnectionInfo } from "./connection.ts";
import type { ConnectionStream, ParsedStream } from "./connection-stream.ts";
import type { CloseReason, ConnectionIo, Direction } from "./io.ts";
import type { StreamMode } from "./stream-mode.ts";

/** As much as sockets give at a time. */
const SHOWN_BYTES = 65_536;
/** Where chunks are shown to parsers, one at a time; undefined while one is. */
let area: Buffer | undefined = Buffer.allocUnsafeSlow(SHOWN_BYTES);

/**
 * The sockets as the engine of an observed connection sees them: closed off, so that nothing which the parser does or
 * fails to do changes, delays or ends the stream; until the connection is enforced.
 */
export class ObservedIo implements ConnectionIo {
  /** What the engine does counts. */
  connected = false;
  /** The engine has given up. */
  failed = false;
  private readonly io: ConnectionIo;

  constructor(io: ConnectionIo) {
    this.io = io;
  }

  send(direction: Direction, bytes: Uint8Array): boolean {
    return this.connected ? this.io.send(direction, bytes) : true;
  }

  end(direction: Direction): void {
    if (this.connected) this.io.end(direction);
  }

  setPaused(direction: Direction, paused: boolean): void {
    if (this.connected) this.io.setPaused(direction, paused);
  }

  keepChunk(direction: Direction): boolean {
    return this.connected && this.io.keepChunk?.(direction) === true;
  }

  close(reason: CloseReason): void {
    this.failed = true;
    if (this.connected) this.io.close(reason);
  }
}

/**
 * Both directions of an observed connection. Every byte passes as it comes, before anybody looks at it; then the parser
 * is shown a copy. When policy begins to enforce, and every byte that passed was decided, the parser comes to stand in
 * the stream itself.
 */
export class ObservedStream implements ConnectionStream {
  private readonly io: ConnectionIo;
  private readonly shut: ObservedIo;
  /** undefined: it was given up, and everything passes unread. */
  private parsed: ParsedStream | undefined;

  /** @param parsed Detached; sends to `shut`. */
  constructor(io: ConnectionIo, shut: ObservedIo, parsed: ParsedStream) {
    this.io = io;
    this.shut = shut;
    this.parsed = parsed;
  }

  receive(direction: Direction, chunk: Buffer, endStream: boolean): void {
    const { parsed } = this;
    if (parsed !== undefined && this.shut.connected) {
      parsed.receive(direction, chunk, endStream);
      return;
    }
    if (chunk.length > 0) this.io.send(direction, chunk);
    if (endStream) this.io.end(direction);
    if (parsed === undefined) return;
    show(parsed, direction, chunk, endStream);
    // Nobody needs what it remembers any more.
    if (this.shut.failed) this.parsed = undefined;
  }

  drained(direction: Direction): void {
    if (this.shut.connected) this.parsed?.drained(direction);
  }

  closed(): void {
    this.parsed?.closed();
  }

  identify(info: ConnectionInfo): void {
    this.parsed?.identify(info);
  }

  setMode(mode: StreamMode): string | undefined {
    if (this.parsed === undefined) return mode === "enforce" ? "its bytes were not understood, and passed" : undefined;
    const objection = this.parsed.setMode(mode);
    if (mode === "enforce" && objection === undefined) this.shut.connected = true;
    return objection;
  }
}

/** Shows a copy: a parser may write into what it is shown, and the bytes may still wait to be sent. */
function show(parsed: ParsedStream, direction: Direction, chunk: Buffer, endStream: boolean): void {
  const place = area;
  if (place === undefined || chunk.length > place.length) {
    parsed.receive(direction, Buffer.from(chunk), endStream);
    return;
  }
  area = undefined;
  try {
    place.set(chunk);
    parsed.receive(direction, place.subarray(0, chunk.length), endStream);
  } finally {
    area = place;
  }
}
