/** The two framings of memcached. Meta commands are lines of the text protocol. */
export type Protocol = "text" | "binary";

/** First byte of a binary request. */
export const REQUEST_MAGIC = 0x80;
/** First byte of a binary response. */
export const RESPONSE_MAGIC = 0x81;

/**
 * The protocol of a connection, which memcached takes from the first byte of the client and never changes again: 0x80
 * is binary and everything else text, in which no command begins with a byte of 0x80 or above.
 *
 * @returns undefined: the byte begins no request.
 */
export function protocolOf(firstByte: number): Protocol | undefined {
  if (firstByte === REQUEST_MAGIC) return "binary";
  return firstByte < REQUEST_MAGIC ? "text" : undefined;
}
