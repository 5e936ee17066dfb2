import type { RemoteLink } from "../../src/remote-parser/link.ts";

/** One way between an owner and its extension host without a socket: keeps what is sent until it is asked to deliver. */
export class MemoryLink implements RemoteLink {
  /** Bytes that were delivered. */
  carriedBytes = 0;
  private readonly receiver: (bytes: Uint8Array) => void;
  private frames: Uint8Array[] = [];
  private delivered: Uint8Array[] = [];
  private flush: (() => void) | undefined;

  constructor(receiver: (bytes: Uint8Array) => void) {
    this.receiver = receiver;
  }

  send(frames: Uint8Array): boolean {
    this.frames.push(frames);
    return true;
  }

  atTurnEnd(flush: () => void): void {
    this.flush = flush;
  }

  broken(reason: string): void {
    throw new Error(`the protocol was broken: ${reason}`);
  }

  /** Ends the sender's turn. @returns Whether the other side got anything. */
  deliver(): boolean {
    const { flush } = this;
    this.flush = undefined;
    flush?.();
    const { frames } = this;
    if (frames.length === 0) return false;
    // Two lists in turn: what is measured is not the garbage of the benchmark.
    this.frames = this.delivered;
    for (let index = 0; index < frames.length; index++) {
      const bytes = frames[index]!;
      this.carriedBytes += bytes.length;
      this.receiver(bytes);
    }
    frames.length = 0;
    this.delivered = frames;
    return true;
  }
}
