/** An expression that is a text, tied to the beginning or the end of the subject or to neither. */
export interface PlainExpression {
  readonly text: string;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/**
 * Characters that stand for themselves, escaped punctuation, and classes of one character such as `[.]`. ASCII alone:
 * there a UTF-16 code unit is a character.
 */
const PLAIN = /^(\^|\\A)?((?:[\w :/,;@#%&=<>"'`~!-]|\\[.^$|?*+()[\]{}\\/-]|\[[\w.:/$*+?(){}|-]\])*)(\$|\\z)?$/;
/**
 * At either end they say nothing: an unanchored search finds the same without them. Where the point is escaped, a lone
 * backslash is left, which is not plain.
 */
const OUTER_ANYTHING = /^\.\*|\.\*$/g;

/** undefined: it needs the automaton. */
export function plainExpression(source: string): PlainExpression | undefined {
  const match = PLAIN.exec(source.replace(OUTER_ANYTHING, ""));
  if (match === null) return undefined;
  const [, start, body = "", end] = match;
  return { text: body.replace(/\\(.)|\[(.)\]/g, "$1$2"), atStart: start !== undefined, atEnd: end !== undefined };
}

export function testPlain({ text, atStart, atEnd }: PlainExpression, subject: string): boolean {
  if (atStart) return atEnd ? subject === text : subject.startsWith(text);
  return atEnd ? subject.endsWith(text) : subject.includes(text);
}
