import type { ByteView } from "../../lib/bytes/byte-view.ts";
import { REPLY_LINE_BYTES_MAX, VALUE_BYTES_MAX } from "./limits.ts";
import { unsignedAt } from "./text-number.ts";

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const VALUE = "VALUE ";
/** Digits of the longest length that is taken here; below VALUE_BYTES_MAX in any case. */
const SHORT_DIGITS = 9;
/** Short lines are searched here; a native search costs more than it saves on them. */
const NEAR = 96;

/** Length of the line at the front, its end included; 0: it is not there yet; -1: it is longer than any reply line. */
export function replyLineLength(data: ByteView): number {
  const { buffer, start } = data;
  const near = start + Math.min(data.contiguousLength, NEAR);
  for (let index = start; index < near; index++) {
    if (buffer[index] === LF) return index + 1 - start;
  }
  const found = data.indexOf(LF);
  const length = found < 0 ? data.length : found + 1;
  if (length > REPLY_LINE_BYTES_MAX) return -1;
  if (found < 0) return 0;
  data.gather(length);
  return length;
}

/** Whether the front of the view, which is contiguous that far, is this ASCII text. */
export function startsWith(data: ByteView, text: string): boolean {
  if (data.contiguousLength < text.length) return false;
  const { buffer, start } = data;
  for (let index = 0; index < text.length; index++) {
    if (buffer[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Whether the line at the front tells of an error. */
export function isErrorLine(data: ByteView): boolean {
  return startsWith(data, "ERROR") || startsWith(data, "CLIENT_ERROR") || startsWith(data, "SERVER_ERROR");
}

/**
 * Length of the value block at the front, with its line and its CRLF, read in one pass.
 *
 * @returns 0: the line is not whole and contiguous, or not of the usual form; the slow way decides.
 */
export function usualValueBlock(data: ByteView): number {
  if (!startsWith(data, VALUE)) return 0;
  const { buffer, start } = data;
  const end = start + data.contiguousLength;
  const key = spaceAt(buffer, start + VALUE.length, end);
  const flags = digitsEnd(buffer, key + 1, end);
  if (flags >= end || buffer[flags] !== SPACE) return 0;
  let valueLength = 0;
  let index = flags + 1;
  for (; index < end; index++) {
    const digit = buffer[index] as number;
    if (digit < ZERO || digit > NINE) break;
    valueLength = valueLength * 10 + digit - ZERO;
  }
  const digits = index - flags - 1;
  if (digits === 0 || digits > SHORT_DIGITS || (digits > 1 && buffer[flags + 1] === ZERO)) return 0;
  if (index < end && buffer[index] === SPACE) index = digitsEnd(buffer, index + 1, end);
  if (index + 1 >= end || buffer[index] !== CR || buffer[index + 1] !== LF) return 0;
  return index + 2 - start + valueLength + 2;
}

function digitsEnd(buffer: Buffer, from: number, end: number): number {
  let index = from;
  while (index < end && (buffer[index] as number) >= ZERO && (buffer[index] as number) <= NINE) index++;
  return index;
}

/**
 * Length of the value that a line `VALUE <key> <flags> <bytes> [<cas unique>]` announces.
 *
 * @param length Of the line. @returns -1: the line is none of that form.
 */
export function announcedByValue(data: ByteView, length: number): number {
  const { buffer, start } = data;
  const end = start + length - 2;
  const key = spaceAt(buffer, start + 6, end);
  const flags = spaceAt(buffer, key + 1, end);
  const bytes = spaceAt(buffer, flags + 1, end);
  if (flags >= end) return -1;
  return unsignedAt(buffer, flags + 1, bytes, VALUE_BYTES_MAX);
}

/** Length of the value that a line `VA <bytes> <flags>*` announces. */
export function announcedByMeta(data: ByteView, length: number): number {
  const { buffer, start } = data;
  const end = start + length - 2;
  return unsignedAt(buffer, start + 3, spaceAt(buffer, start + 3, end), VALUE_BYTES_MAX);
}

function spaceAt(buffer: Buffer, from: number, end: number): number {
  let index = from;
  while (index < end && buffer[index] !== SPACE) index++;
  return index;
}
