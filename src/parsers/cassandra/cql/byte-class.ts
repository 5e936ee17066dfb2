/** What a byte begins outside of strings, quoted names and comments. */
export const INVALID = 0;
export const SPACE = 1;
export const LETTER = 2;
export const DIGIT = 3;
/** A character that is a token of its own, or part of an operator that only has such characters. */
export const SYMBOL = 4;
export const MINUS = 5;
export const SLASH = 6;
export const SINGLE_QUOTE = 7;
export const DOUBLE_QUOTE = 8;
export const DOLLAR = 9;
export const EXCLAMATION = 10;

/** The class of each byte. Control characters other than tab and line ends, and all that is not ASCII, begin no token. */
export const BYTE_CLASS: Uint8Array = new Uint8Array(256);

/** For bytes of words the byte in lower case; 0 for all others. */
export const WORD_BYTE: Uint8Array = new Uint8Array(256);

function classify(characters: string, byteClass: number): void {
  for (const character of characters) BYTE_CLASS[character.charCodeAt(0)] = byteClass;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

classify(" \t\n\r", SPACE);
classify(LETTERS + LETTERS.toUpperCase(), LETTER);
classify(DIGITS, DIGIT);
classify("()[]{}<>=,;:.?*+%", SYMBOL);
classify("-", MINUS);
classify("/", SLASH);
classify("'", SINGLE_QUOTE);
classify('"', DOUBLE_QUOTE);
classify("$", DOLLAR);
classify("!", EXCLAMATION);
for (const character of `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}_`) {
  WORD_BYTE[character.charCodeAt(0)] = character.toLowerCase().charCodeAt(0);
}
