import { BATCH_RECORDS_MAX } from "./batch-layout.ts";
import { MalformedBatch } from "./byte-reader.ts";

const ROOM_MIN = 4_096;

/** No rule decided. */
export const NO_ORIGIN = -1;

/** What a batch says of its records, one behind the other, in memory that is used again for the next batch. */
export class RecordColumns {
  count = 0;
  /** Milliseconds since the epoch. */
  times: Float64Array = new Float64Array(ROOM_MIN);
  /** Type × 4 + verdict. */
  codes: Uint8Array = new Uint8Array(ROOM_MIN);
  /** Numbers in the batch. */
  connections: Int32Array = new Int32Array(ROOM_MIN);
  /** Numbers in the batch, or NO_ORIGIN. */
  origins: Int32Array = new Int32Array(ROOM_MIN);
  /** Where the fields are: see BatchFields. */
  places: Int32Array = new Int32Array(ROOM_MIN);

  /** Throws MalformedBatch where there are more than a batch may have. */
  add(timeMs: number, code: number, connection: number, origin: number, place: number): void {
    const at = this.count;
    if (at >= this.times.length) this.grow();
    this.times[at] = timeMs;
    this.codes[at] = code;
    this.connections[at] = connection;
    this.origins[at] = origin;
    this.places[at] = place;
    this.count = at + 1;
  }

  private grow(): void {
    const room = 2 * this.times.length;
    if (room > BATCH_RECORDS_MAX) throw new MalformedBatch(`more than ${BATCH_RECORDS_MAX} records`);
    const { times, codes, connections, origins, places } = this;
    this.times = new Float64Array(room);
    this.codes = new Uint8Array(room);
    this.connections = new Int32Array(room);
    this.origins = new Int32Array(room);
    this.places = new Int32Array(room);
    this.times.set(times);
    this.codes.set(codes);
    this.connections.set(connections);
    this.origins.set(origins);
    this.places.set(places);
  }
}
