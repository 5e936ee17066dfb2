/** Values in one text. */
const VALUES_MAX = 64;
const CHARACTERS_MAX = 4_096;
const SEPARATOR = ", ";
const QUOTE = '"';
/** What stands behind a list that was cut. */
const CUT = /^… and ([1-9]\d*) more$/;

/**
 * One value of a request as text of a log record that may hold several. A value that is empty, holds a space or begins
 * with `"` stands as JSON text, so that no value can pass for two.
 */
export function loggedValue(value: string): string {
  return value.includes(" ") || value.startsWith(QUOTE) || value === "" ? JSON.stringify(value) : value;
}

/** Several values, joined by `, `. Of very many only the first are named: `a, b, … and 100 more`. */
export function loggedList(values: readonly string[]): string {
  let text = values[0] === undefined ? "" : loggedValue(values[0]);
  for (let index = 1; index < values.length; index++) {
    const value = loggedValue(values[index] as string);
    if (index === VALUES_MAX || text.length + value.length > CHARACTERS_MAX) {
      return `${text}${SEPARATOR}… and ${values.length - index} more`;
    }
    text += SEPARATOR + value;
  }
  return text;
}

export interface LoggedValues {
  readonly values: readonly string[];
  /** Values that the text does not name. */
  readonly more: number;
}

/** Reads what `loggedValue` and `loggedList` write; undefined: it is no such text. */
export function parseLoggedList(text: string): LoggedValues | undefined {
  const values: string[] = [];
  for (let start = 0; start < text.length; ) {
    const rest = text.startsWith("… ", start) ? CUT.exec(text.slice(start)) : null;
    if (rest !== null) return { values, more: Number(rest[1]) };
    const end = text.startsWith(QUOTE, start) ? quotedEnd(text, start) : plainEnd(text, start);
    const value = readValue(text.slice(start, end));
    if (value === undefined) return undefined;
    values.push(value);
    if (end === text.length) break;
    // Nothing but a further value may follow.
    if (!text.startsWith(SEPARATOR, end) || end + SEPARATOR.length === text.length) return undefined;
    start = end + SEPARATOR.length;
  }
  return { values, more: 0 };
}

function plainEnd(text: string, start: number): number {
  const end = text.indexOf(SEPARATOR, start);
  return end < 0 ? text.length : end;
}

/** Behind the closing quote; the end of the text where there is none. */
function quotedEnd(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === QUOTE) return index + 1;
  }
  return text.length;
}

function readValue(text: string): string | undefined {
  if (!text.startsWith(QUOTE)) return text.includes(" ") || text === "" ? undefined : text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
