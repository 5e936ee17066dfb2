import { isUtf8 } from "node:buffer";

const SURROGATE_BASE = 0xdc00;

/** Buffer's own method, which the type declarations leave out: `toString` without its choice of encoding. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

/** Bytes as text: each is a character of Latin-1. */
export function latin1Text(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Latin1Buffer).latin1Slice(start, end);
}

/** Bytes that are known to be ASCII, as text. */
export function asciiText(buffer: Buffer, start: number, end: number): string {
  return latin1Text(buffer, start, end);
}

/**
 * Bytes as text, one to one: valid UTF-8 becomes its characters, any other byte the lone surrogate U+DC00 + byte (as
 * Python's `surrogateescape`, PEP 383). Two different byte sequences never become the same text, so no rule can be
 * written that fits a key which was not meant.
 */
export function decodeText(buffer: Buffer, start = 0, end: number = buffer.length): string {
  for (let index = start; index < end; index++) {
    if ((buffer[index] as number) >= 0x80) return decodeBeyondAscii(buffer.subarray(start, end));
  }
  return asciiText(buffer, start, end);
}

function decodeBeyondAscii(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let text = "";
  for (let index = 0; index < bytes.length; ) {
    const length = characterLength(bytes, index);
    if (length > 0) {
      text += bytes.toString("utf8", index, index + length);
      index += length;
    } else {
      text += String.fromCharCode(SURROGATE_BASE + (bytes[index] as number));
      index++;
    }
  }
  return text;
}

/** Length of the valid UTF-8 character at `index`, or 0. */
function characterLength(bytes: Buffer, index: number): number {
  const first = bytes[index] as number;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const end = index + length;
  return end <= bytes.length && isUtf8(bytes.subarray(index, end)) ? length : 0;
}
