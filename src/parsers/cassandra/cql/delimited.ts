import { utf8Length } from "./utf8.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Returned where no end comes before the text's. */
export const UNENDED = -1;

/** Returned where a byte is met that belongs to no UTF-8 character: it is unclear what the server makes of it. */
export const NOT_UTF8 = -2;

/** Behind the closing `quote` of a text that begins at `from`. The quote stands twice where it is part of the text. */
export function quotedEnd(bytes: Buffer, from: number, limit: number, quote: number): number {
  let at = from;
  for (;;) {
    let byte = 0;
    for (; at < limit; at++) {
      byte = bytes[at] as number;
      if (byte === quote || byte >= 0x80) break;
    }
    if (at >= limit) return UNENDED;
    if (byte === quote) {
      if (at + 1 >= limit || bytes[at + 1] !== quote) return at + 1;
      at += 2;
    } else {
      const length = utf8Length(bytes, at, limit);
      if (length === 0) return NOT_UTF8;
      at += length;
    }
  }
}

/** Behind the first two bytes `first` `second` from `from` on: the end of a comment or of a string between `$$`. */
export function pairEnd(bytes: Buffer, from: number, limit: number, first: number, second: number): number {
  let at = from;
  while (at + 1 < limit) {
    const byte = bytes[at] as number;
    if (byte === first && bytes[at + 1] === second) return at + 2;
    const length = byte < 0x80 ? 1 : utf8Length(bytes, at, limit);
    if (length === 0) return NOT_UTF8;
    at += length;
  }
  return UNENDED;
}

/** Behind the line end that a comment needs: without one behind it, servers do not take it for a comment. */
export function lineEnd(bytes: Buffer, from: number, limit: number): number {
  let at = from;
  while (at < limit) {
    const byte = bytes[at] as number;
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return at + 1;
    const length = byte < 0x80 ? 1 : utf8Length(bytes, at, limit);
    if (length === 0) return NOT_UTF8;
    at += length;
  }
  return UNENDED;
}
