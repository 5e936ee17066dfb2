import type { ByteView } from "../../lib/bytes/byte-view.ts";

const CRLF = Buffer.from("\r\n");
/** A line that is longer is no droid's: the engine would keep it in memory until its end comes. */
export const LINE_BYTES_MAX = 16_384;

/** Length of the first line with its CRLF, in bytes; `incomplete` without one; `too-long` beyond LINE_BYTES_MAX. */
export function lineLength(data: ByteView): number | "incomplete" | "too-long" {
  const end = data.indexOf(CRLF);
  if (end < 0) return data.length > LINE_BYTES_MAX ? "too-long" : "incomplete";
  const length = end + CRLF.length;
  return length > LINE_BYTES_MAX ? "too-long" : length;
}
