/**
 * Length in bytes of the UTF-8 character that begins at `at` with a byte of 0x80 or more, or 0 if there is no valid one
 * before `limit`: overlong forms, surrogates and what is above U+10FFFF are none (RFC 3629, section 4). A server replaces
 * invalid bytes in its own way, so that a text that has any is better not understood.
 */
export function utf8Length(bytes: Buffer, at: number, limit: number): number {
  const first = bytes[at] as number;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > limit) return 0;
  const second = bytes[at + 1] as number;
  if (second < secondMin(first) || second > secondMax(first)) return 0;
  for (let index = at + 2; index < at + length; index++) {
    if (((bytes[index] as number) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function secondMin(first: number): number {
  return first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
}

function secondMax(first: number): number {
  return first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
}
