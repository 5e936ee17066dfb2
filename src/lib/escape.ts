/**
 * What must not reach a terminal as it is: C0 and C1 controls, DEL (they move the cursor, change colours, run terminal
 * commands), line and paragraph separators, marks that turn the direction of text, lone surrogates, and the backslash,
 * which begins an escape here.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const EVERY_UNSAFE = new RegExp(UNSAFE, "g");

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Where a byte that is no UTF-8 was decoded: U+DC00 + byte. */
const RAW_BYTE_BASE = 0xdc00;
const RAW_BYTE_FIRST = 0xdc80;
const RAW_BYTE_LAST = 0xdcff;

/**
 * Makes text from outside safe to print: what could control a terminal or deceive the eye becomes visible (`\n`, `\x1b`,
 * `\u202e`). The result contains the input unambiguously.
 */
export function escapeControls(text: string): string {
  return UNSAFE.test(text) ? text.replace(EVERY_UNSAFE, escapeOne) : text;
}

/** As above, without what JSON and YAML escape themselves within double quotes. */
const UNSEEN = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const EVERY_UNSEEN = new RegExp(UNSEEN, "g");

/** Whether text must stand within double quotes for `escapeQuoted` to make it safe. */
export function mustBeQuoted(text: string): boolean {
  return UNSEEN.test(text);
}

/** Makes JSON, or YAML whose texts of this kind are in double quotes, safe to print: it means the same as before. */
export function escapeQuoted(document: string): string {
  return document.replace(EVERY_UNSEEN, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

function escapeOne(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  if (code >= RAW_BYTE_FIRST && code <= RAW_BYTE_LAST) return `\\x${hex(code - RAW_BYTE_BASE, 2)}`;
  // \x80 to \xff stand for raw bytes alone, so C1 controls take the long form.
  return code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
