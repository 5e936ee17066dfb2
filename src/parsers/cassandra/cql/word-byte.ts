const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

/** For bytes that words and numbers are made of the byte in lower case; 0 for all others. */
export const WORD_BYTE: Uint8Array = new Uint8Array(256);

for (const character of `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}_`) {
  WORD_BYTE[character.charCodeAt(0)] = character.toLowerCase().charCodeAt(0);
}

/** Whether the byte is one of `0` to `9`. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Whether the byte is one of `a` to `z`, in any case. */
export function isLetter(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x7a;
}
