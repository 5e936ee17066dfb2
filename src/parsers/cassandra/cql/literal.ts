import { asciiText } from "../../../lib/bytes/text.ts";
import { isDigit, isLetter, WORD_BYTE } from "./word-byte.ts";

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const LOWER_E = 0x65;
const LOWER_X = 0x78;
const UPPER_P = 0x50;
const UPPER_T = 0x54;

const UUID_BYTES = 36;
const UUID_GROUP = 8;

/** The micro sign in UTF-8, of which the unit µs is made. */
const MICRO = [0xc2, 0xb5] as const;

/** Of a word or a literal that is looked at as text. */
const TEXT_BYTES_MAX = 64;

/** `P1Y2M3DT4H5M6S` or `P7W`: at least one number, each with the next smaller unit. Capital letters only. */
const ISO_DURATION = /^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;

/** What may stand behind the digits of a duration, without regard to case, and µs. */
const UNITS: ReadonlySet<string> = new Set(["y", "mo", "w", "d", "h", "m", "s", "ms", "us", "ns"]);
const UNIT_LETTERS_MAX = 2;

/** `P2011-02-03T04:05:06`, the one duration that holds other bytes than those of words: `d` is a digit. */
const ISO_ALTERNATIVE = "Pdddd-dd-ddTdd:dd:dd";

/**
 * End of the number, blob, UUID or duration that begins at `at` with a digit, or with a minus and a digit; -1 if none of
 * them ends where something else begins. A server also reads `1yfrom` as the duration `1y` and the word `from`, and
 * `1efrom` as an error: which it is depends on letters and on the version, so that neither is a literal here.
 */
export function numberEnd(bytes: Buffer, at: number, limit: number): number {
  if (isUuid(bytes, at, limit)) return ended(bytes, at + UUID_BYTES, limit);
  const end = digitsEnd(bytes, bytes[at] === MINUS ? at + 1 : at, limit);
  if (end === limit) return end;
  const next = bytes[end] as number;
  if (next === POINT) {
    // `1..2` is a range: the point belongs to it. What follows two points begins anew in any reading.
    if (end + 1 < limit && bytes[end + 1] === POINT) return end;
    return ended(bytes, exponentEnd(bytes, digitsEnd(bytes, end + 1, limit), limit), limit);
  }
  if (WORD_BYTE[next] === LOWER_E) return ended(bytes, exponentEnd(bytes, end, limit), limit);
  if (WORD_BYTE[next] === LOWER_X && end === at + 1 && bytes[at] === ZERO) {
    return ended(bytes, hexEnd(bytes, end + 1, limit), limit);
  }
  if (WORD_BYTE[next] !== 0 || next === MICRO[0]) return durationEnd(bytes, at, limit);
  return ended(bytes, end, limit);
}

/** Whether a UUID begins at `at`, be it with a digit or with a letter. What follows it is not looked at. */
export function isUuid(bytes: Buffer, at: number, limit: number): boolean {
  if (at + UUID_BYTES > limit || bytes[at + UUID_GROUP] !== MINUS) return false;
  for (let index = 0; index < UUID_BYTES; index++) {
    const byte = bytes[at + index] as number;
    const separator = index === 8 || index === 13 || index === 18 || index === 23;
    if (separator ? byte !== MINUS : !isHex(byte)) return false;
  }
  return true;
}

/** End of the UUID at `at`, or -1 if a letter, digit or anything else that might belong to it follows. */
export function uuidEnd(bytes: Buffer, at: number, limit: number): number {
  return ended(bytes, at + UUID_BYTES, limit);
}

/** End of the duration in ISO 8601's alternative format that begins at `at`; 0 if none does, -1 if it goes on. */
export function isoAlternativeEnd(bytes: Buffer, at: number, limit: number): number {
  if (bytes[at] !== UPPER_P || at + ISO_ALTERNATIVE.length > limit) return 0;
  for (let index = 1; index < ISO_ALTERNATIVE.length; index++) {
    const byte = bytes[at + index] as number;
    const expected = ISO_ALTERNATIVE.charCodeAt(index);
    const fits = expected === MINUS || expected === COLON || expected === UPPER_T ? byte === expected : isDigit(byte);
    if (!fits) return 0;
  }
  return ended(bytes, at + ISO_ALTERNATIVE.length, limit);
}

/** Whether the word in [start, end) is a duration in ISO 8601's format with designators. */
export function isIsoDuration(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= TEXT_BYTES_MAX && ISO_DURATION.test(asciiText(bytes, start, end));
}

/** `end`, unless it is -1 or the byte there could be part of a word or is not ASCII: then -1. */
function ended(bytes: Buffer, end: number, limit: number): number {
  if (end < 0 || end === limit) return end;
  const next = bytes[end] as number;
  return WORD_BYTE[next] !== 0 || next >= 0x80 ? -1 : end;
}

function digitsEnd(bytes: Buffer, at: number, limit: number): number {
  let end = at;
  while (end < limit && isDigit(bytes[end])) end++;
  return end;
}

/** Behind the exponent at `at`; `at` if there is none, -1 if it has no digits. */
function exponentEnd(bytes: Buffer, at: number, limit: number): number {
  if (at === limit || WORD_BYTE[bytes[at] as number] !== LOWER_E) return at;
  const signed = at + 1 < limit && (bytes[at + 1] === PLUS || bytes[at + 1] === MINUS);
  const digits = signed ? at + 2 : at + 1;
  const end = digitsEnd(bytes, digits, limit);
  return end === digits ? -1 : end;
}

function hexEnd(bytes: Buffer, at: number, limit: number): number {
  let end = at;
  while (end < limit && isHex(bytes[end] as number)) end++;
  return end;
}

function isHex(byte: number): boolean {
  if (isDigit(byte)) return true;
  const letter = WORD_BYTE[byte] as number;
  return letter >= 0x61 && letter <= 0x66;
}

/** End of a duration such as `1y2mo3d` or `-5us`, or -1. */
function durationEnd(bytes: Buffer, at: number, limit: number): number {
  let end = bytes[at] === MINUS ? at + 1 : at;
  do {
    end = unitEnd(bytes, digitsEnd(bytes, end, limit), limit);
    if (end < 0) return -1;
  } while (end < limit && isDigit(bytes[end]));
  return ended(bytes, end, limit);
}

function unitEnd(bytes: Buffer, at: number, limit: number): number {
  if (at < limit && bytes[at] === MICRO[0]) {
    const isUnit = at + 2 < limit && bytes[at + 1] === MICRO[1] && WORD_BYTE[bytes[at + 2] as number] === 0x73;
    return isUnit ? at + 3 : -1;
  }
  let unit = "";
  let end = at;
  while (end < limit && isLetter(bytes[end])) {
    if (unit.length === UNIT_LETTERS_MAX) return -1;
    unit += String.fromCharCode(WORD_BYTE[bytes[end] as number] as number);
    end++;
  }
  return UNITS.has(unit) ? end : -1;
}
