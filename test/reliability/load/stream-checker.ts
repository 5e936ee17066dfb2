import type { Segments } from "./protocol.ts";

/** One thing that must come next. */
export interface Expected {
  readonly what: string;
  readonly segments: Segments;
  /** Its first segment has come: a header, say. */
  begun(): void;
  /** All of it has come. */
  whole(): void;
}

/** The first byte that is not what it should be. */
export interface Mismatch {
  readonly what: string;
  /** Of the wrong byte, in all bytes of the stream, and in what was expected there. */
  readonly streamOffset: number;
  readonly offset: number;
  readonly expected: string;
  readonly got: string;
}

const SHOWN_BYTES = 48;

/** Compares a stream with what it must be, byte by byte, in whatever pieces it comes. */
export class StreamChecker {
  private readonly next: () => Expected | undefined;
  private current: Expected | undefined;
  private segment = 0;
  private inSegment = 0;
  private bytes = 0;

  /** @param next Called when the one before is whole and a further byte has come. undefined: none may. */
  constructor(next: () => Expected | undefined) {
    this.next = next;
  }

  /** The stream stands at the end of something whole. */
  get atBoundary(): boolean {
    return this.current === undefined;
  }

  /** What is under way, and how many bytes of it have come. */
  get underway(): { readonly what: string; readonly bytes: number } | undefined {
    if (this.current === undefined) return undefined;
    return { what: this.current.what, bytes: this.offset };
  }

  feed(chunk: Buffer): Mismatch | undefined {
    for (let at = 0; at < chunk.length; ) {
      this.current ??= this.begin();
      const segment = this.current?.segments[this.segment];
      if (segment === undefined) return this.mismatch(chunk, at, undefined);
      const count = Math.min(segment.length - this.inSegment, chunk.length - at);
      const from = this.inSegment;
      if (chunk.compare(segment, from, from + count, at, at + count) !== 0) return this.mismatch(chunk, at, segment);
      at += count;
      this.inSegment += count;
      this.bytes += count;
      this.advance();
    }
    return undefined;
  }

  private begin(): Expected | undefined {
    const expected = this.next();
    this.segment = 0;
    this.inSegment = 0;
    return expected;
  }

  /** Ends segments that are whole; one may be empty. */
  private advance(): void {
    while (this.current !== undefined && this.inSegment === this.current.segments[this.segment]?.length) {
      const { current } = this;
      this.inSegment = 0;
      this.segment++;
      if (this.segment === 1) current.begun();
      if (this.segment < current.segments.length) continue;
      this.current = undefined;
      current.whole();
    }
  }

  private get offset(): number {
    const before = this.current?.segments.slice(0, this.segment) ?? [];
    return before.reduce((sum, { length }) => sum + length, this.inSegment);
  }

  private mismatch(chunk: Buffer, at: number, segment: Buffer | undefined): Mismatch {
    const expected = segment?.subarray(this.inSegment) ?? Buffer.alloc(0);
    const got = chunk.subarray(at);
    let equal = 0;
    while (equal < expected.length && expected[equal] === got[equal]) equal++;
    return {
      what: this.current?.what ?? "nothing more",
      streamOffset: this.bytes + equal,
      offset: this.offset + equal,
      expected: shown(expected.subarray(equal)),
      got: shown(got.subarray(equal)),
    };
  }
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1", 0, SHOWN_BYTES));
}
