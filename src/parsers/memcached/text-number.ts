import { asciiText } from "../../lib/bytes/text.ts";

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const UINT64_MAX = "18446744073709551615";

/**
 * The number in [start, end) if it is a plain decimal of at most `max` (below 2^53), else -1. No sign, no leading zeros:
 * what follows would be read differently by somebody, and memcached's own reader wraps what is too large.
 */
export function unsignedAt(buffer: Buffer, start: number, end: number, max: number): number {
  // 16 digits may exceed 2^53, but never come back below `max`.
  if (end <= start || end - start > 16) return -1;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = buffer[index] as number;
    if (digit < ZERO || digit > NINE) return -1;
    value = value * 10 + digit - ZERO;
  }
  if (value > max || (buffer[start] === ZERO && end - start > 1)) return -1;
  return value;
}

/** Whether [start, end) is a plain decimal between -2^31 and 2^31 - 1: an expiry time. */
export function isInt32(buffer: Buffer, start: number, end: number): boolean {
  if (buffer[start] !== MINUS) return unsignedAt(buffer, start, end, 0x7fff_ffff) >= 0;
  return unsignedAt(buffer, start + 1, end, 0x8000_0000) > 0;
}

/** Whether [start, end) is a plain decimal below 2^32. */
export function isUint32(buffer: Buffer, start: number, end: number): boolean {
  return unsignedAt(buffer, start, end, 0xffff_ffff) >= 0;
}

/** Whether [start, end) is a plain decimal below 2^64. */
export function isUint64(buffer: Buffer, start: number, end: number): boolean {
  const digits = end - start;
  if (digits < 1 || digits > UINT64_MAX.length || (buffer[start] === ZERO && digits > 1)) return false;
  for (let index = start; index < end; index++) {
    const digit = buffer[index] as number;
    if (digit < ZERO || digit > NINE) return false;
  }
  // Of equal length, the order of the texts is the order of the numbers.
  return digits < UINT64_MAX.length || asciiText(buffer, start, end) <= UINT64_MAX;
}
