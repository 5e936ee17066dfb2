import type { Decided } from "../../proxylib/connection.ts";
import { STREAMS_MAX } from "./frame.ts";
import type { Asked } from "./resolved-statement.ts";

const SIZE_MIN = 64;
/** For streams that are free. The places of the others begin behind it. */
const NO_PLACE = 0;

/**
 * The requests of one connection that have no answer yet, by stream.
 *
 * A client may choose any stream, so that what is kept for each of them is two bytes: one request on the last stream takes
 * 64 KiB. What is known of requests is kept for as many as were in flight at a time.
 */
export class StreamTable {
  /** Where in the other two lists the request of a stream is. */
  private places = new Uint16Array(SIZE_MIN);
  private readonly asked: (Asked | undefined)[] = [undefined];
  private readonly decisions: (Decided | undefined)[] = [undefined];
  /** Places of requests that were answered. */
  private readonly freePlaces: number[] = [];

  /** undefined: the stream is free. @param stream Any number. */
  get(stream: number): Asked | undefined {
    return this.asked[this.placeOf(stream)];
  }

  /** What was decided on the request of a stream that is in flight. */
  decidedOf(stream: number): Decided | undefined {
    return this.decisions[this.placeOf(stream)];
  }

  /** @param stream From 0 to STREAMS_MAX - 1, and free. */
  begin(stream: number, asked: Asked, decided: Decided): void {
    if (stream >= this.places.length) this.grow(stream);
    const place = this.freePlaces.pop() ?? this.asked.length;
    this.places[stream] = place;
    this.asked[place] = asked;
    this.decisions[place] = decided;
  }

  /** @param stream Free from now on. */
  end(stream: number): void {
    const place = this.placeOf(stream);
    if (place === NO_PLACE) return;
    this.places[stream] = NO_PLACE;
    this.asked[place] = undefined;
    this.decisions[place] = undefined;
    this.freePlaces.push(place);
  }

  private placeOf(stream: number): number {
    return this.places[stream] ?? NO_PLACE;
  }

  private grow(stream: number): void {
    let size = this.places.length;
    while (size <= stream) size *= 2;
    const places = new Uint16Array(Math.min(size, STREAMS_MAX));
    places.set(this.places);
    this.places = places;
  }
}
