import type { Extension } from "../../proxylib/parser.ts";
import { createExtensionHostSession, type ExtensionHostSession } from "../extension-host-session.ts";
import type { RemoteLink } from "../link.ts";
import { createRemoteOwner, type RemoteOwner, type RemoteOwnerOptions } from "../remote-owner.ts";

/** One direction of a stream: what was sent and has not arrived. */
class Pipe implements RemoteLink {
  readonly sent: Buffer[] = [];
  reason: string | undefined;
  /** What `send` answers. */
  free = true;
  private readonly flushes: (() => void)[] = [];

  send(frames: Uint8Array): boolean {
    this.sent.push(Buffer.from(frames));
    return this.free;
  }

  atTurnEnd(flush: () => void): void {
    this.flushes.push(flush);
  }

  broken(reason: string): void {
    this.reason = reason;
  }

  /** Ends the turn. @returns Whether there was anything to do. */
  flush(): boolean {
    const flushes = this.flushes.splice(0);
    for (const flush of flushes) flush();
    return flushes.length > 0;
  }

  take(): Buffer {
    return Buffer.concat(this.sent.splice(0));
  }
}

/** An owner and its extension host in one process, with nothing but memory between them. */
export class MemoryHost {
  readonly owner: RemoteOwner;
  /** Reads milliseconds. */
  time = 0;
  toHost = new Pipe();
  toOwner = new Pipe();
  session: ExtensionHostSession | undefined;
  /** Asked when the host has worked on something: true ends it, with all that it would have said. */
  dies: () => boolean = () => false;
  private readonly extensions: readonly Extension[];
  private readonly pieceLength: number;

  /** @param pieceLength Bytes arrive in pieces of this length. */
  constructor(
    extensions: readonly Extension[],
    options: Partial<RemoteOwnerOptions> = {},
    pieceLength: number = Number.POSITIVE_INFINITY,
  ) {
    this.extensions = extensions;
    this.pieceLength = pieceLength;
    this.owner = createRemoteOwner({
      now: () => this.time,
      bufferedBytesMax: 1_048_576,
      connectionsMax: 100,
      ...options,
    });
  }

  /** Starts a process, so to speak. */
  start(extensions: readonly Extension[] = this.extensions): this {
    this.toHost = new Pipe();
    this.toOwner = new Pipe();
    this.session = createExtensionHostSession({ extensions, link: this.toOwner });
    this.owner.up(this.toHost);
    this.pump();
    return this;
  }

  /** What was sent arrives, and so do the answers, until nothing is on its way. */
  pump(): void {
    while (this.step());
  }

  /** As `pump`, and promises settle. */
  async settle(): Promise<void> {
    do {
      this.pump();
      await new Promise(setImmediate);
    } while (this.step());
  }

  /** The process ends. @param arriving Bytes of what it has sent that still arrive. */
  kill(arriving: number = 0): void {
    this.toOwner.flush();
    const last = this.toOwner.take();
    this.session = undefined;
    this.owner.receive(last.subarray(0, arriving));
    this.owner.down("killed");
  }

  /** One turn of both sides. @returns Whether there was anything to do. */
  step(): boolean {
    const flushed = [this.toHost.flush(), this.toOwner.flush()];
    const forHost = this.toHost.take();
    for (const piece of this.cut(forHost)) this.session?.receive(piece);
    if (this.dies()) {
      this.kill();
      this.start();
      return true;
    }
    const forOwner = this.toOwner.take();
    for (const piece of this.cut(forOwner)) this.owner.receive(piece);
    return flushed.includes(true) || forHost.length > 0 || forOwner.length > 0;
  }

  private *cut(bytes: Buffer): Iterable<Buffer> {
    for (let at = 0; at < bytes.length; at += this.pieceLength) {
      // Memory of its own, which is overwritten afterwards: nobody may keep it.
      const piece = Buffer.from(bytes.subarray(at, at + this.pieceLength));
      yield piece;
      piece.fill(0xee);
    }
  }
}
