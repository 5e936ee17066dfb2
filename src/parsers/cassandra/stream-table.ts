import type { Decided } from "../../proxylib/connection.ts";
import { STREAMS_MAX } from "./frame.ts";
import type { Asked } from "./resolved-statement.ts";

const SIZE_MIN = 64;

/** The requests of one connection that have no answer yet, by stream. */
export class StreamTable {
  private asked: (Asked | undefined)[] = [];
  private decisions: (Decided | undefined)[] = [];

  /** undefined: the stream is free. @param stream Any number. */
  get(stream: number): Asked | undefined {
    return this.asked[stream];
  }

  /** What was decided on the request of a stream that is in flight. */
  decidedOf(stream: number): Decided | undefined {
    return this.decisions[stream];
  }

  /** @param stream From 0 to STREAMS_MAX - 1, and free. */
  begin(stream: number, asked: Asked, decided: Decided): void {
    if (stream >= this.asked.length) this.grow(stream);
    this.asked[stream] = asked;
    this.decisions[stream] = decided;
  }

  end(stream: number): void {
    this.asked[stream] = undefined;
    this.decisions[stream] = undefined;
  }

  /** Doubles: arrays with holes are slow. */
  private grow(stream: number): void {
    let size = Math.max(SIZE_MIN, this.asked.length);
    while (size <= stream) size *= 2;
    size = Math.min(size, STREAMS_MAX);
    while (this.asked.length < size) {
      this.asked.push(undefined);
      this.decisions.push(undefined);
    }
  }
}
