const BEYOND_ASCII = /[\x7f-\uffff]/g;

/**
 * `text` as a JSON string of ASCII characters, for every possible text: lone surrogates come back as they were, nothing
 * can control a terminal, and there are as many bytes as characters.
 */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(BEYOND_ASCII, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
