/** What a denied request gets. */
export const DENIED: Buffer = Buffer.from("CLIENT_ERROR access denied\r\n");
/** What a request gets that cannot be understood, before the connection is closed. */
export const MALFORMED: Buffer = Buffer.from("CLIENT_ERROR bad command line format\r\n");
/** Asks memcached for a sign that all before it is done. */
export const FENCE: Buffer = Buffer.from("mn\r\n");
/**
 * Asks for the same behind an `ms` that changes nothing: its mode does not exist. Who reads it as we do takes the empty
 * line for its data block, and gives one error before the sign; others give more.
 */
export const META_PROBE: Buffer = Buffer.from("ms weir 0 MZ\r\n\r\nmn\r\n");
/** The answer to a fence. */
export const FENCE_REPLY = "MN\r\n";

/** Denials that leave in one piece. */
const BATCH_MAX = 2_048;
const BATCH: Buffer = Buffer.alloc(BATCH_MAX * DENIED.length, DENIED);

/** How many of `count` denials leave in one piece. */
export function denialBatch(count: number): number {
  return Math.min(count, BATCH_MAX);
}

/** That many denials in a row; at most a batch. */
export function denials(count: number): Buffer {
  return BATCH.subarray(0, count * DENIED.length);
}
