import { FrameWriter } from "./frame-writer.ts";
import type { RemoteLink } from "./link.ts";
import { DECIDED_BYTES_CUT, DECIDED_BYTES_SPLIT, Frame, NO_CALL } from "./protocol.ts";

/** A frame longer than this leaves before the turn has ended. */
const BATCH_BYTES = 262_144;

/** Whose operations a DECIDED tells. */
export interface DecidedSource {
  readonly number: number;
  /** Decided bytes of a direction, from the beginning of the connection; 0 for `NO_CALL`. */
  decidedOf(direction: number): number;
  /** What was written leaves: adds what is told at the end of a run. Never during a call. */
  finish(): void;
}

/**
 * What the host sends: all frames of one turn in one write, and all operations of one run of a parser in one DECIDED,
 * which is written while the parser runs.
 */
export class HostOutput {
  /** Bytes that the owner is willing to read; may fall below 0 by what cannot wait. */
  credit = 0;
  congested = false;

  private readonly link: RemoteLink;
  private readonly writer = new FrameWriter();
  private scheduled = false;
  private source: DecidedSource | undefined;
  private direction = 0;

  constructor(link: RemoteLink) {
    this.link = link;
  }

  /** Nothing more is to be worked on before the owner has read what was sent. */
  get blocked(): boolean {
    return this.congested || this.credit <= 0;
  }

  /** Another kind of frame than DECIDED. */
  frame(type: number, connection: number): FrameWriter {
    this.endDecided();
    return this.writer.begin(type, connection);
  }

  /** Ends what `frame` began. */
  end(): void {
    this.credit -= this.writer.end();
    this.schedule();
  }

  /** Where the next operation of the connection is to be written. */
  decided(source: DecidedSource, direction: number): FrameWriter {
    if (this.source === source && this.direction === direction && this.writer.frameLength < DECIDED_BYTES_CUT) {
      return this.writer;
    }
    this.endDecided();
    this.source = source;
    this.schedule();
    this.direction = direction;
    return this.writer.begin(Frame.Decided, source.number).u8(direction).u64(source.decidedOf(direction));
  }

  /** Whether operations of the connection were written that no other frame has followed. */
  isOpen(source: DecidedSource, direction: number = this.direction): boolean {
    return this.source === source && this.direction === direction;
  }

  /** Where an operation goes that belongs to no direction: into the frame that is open, if that is the connection's. */
  current(source: DecidedSource): FrameWriter {
    return this.source === source ? this.writer : this.decided(source, NO_CALL);
  }

  /** A frame is written that should end between two calls. */
  get isLong(): boolean {
    return this.source !== undefined && this.writer.frameLength > DECIDED_BYTES_SPLIT;
  }

  /** A run has ended, or something else comes between. */
  endDecided(): void {
    if (this.source === undefined) return;
    this.source = undefined;
    this.end();
  }

  flush(): void {
    this.scheduled = false;
    this.source?.finish();
    this.endDecided();
    if (this.writer.length === 0) return;
    if (!this.link.send(this.writer.take())) this.congested = true;
  }

  private schedule(): void {
    if (this.writer.length > BATCH_BYTES) {
      // Not `flush`: within a call nothing else may be ended.
      if (!this.link.send(this.writer.take())) this.congested = true;
      return;
    }
    if (this.scheduled) return;
    this.scheduled = true;
    this.link.atTurnEnd(() => this.flush());
  }
}
