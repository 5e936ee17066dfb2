/** An expression that is a text, or one of a few, tied to the beginning or the end of the subject or to neither. */
export interface PlainExpression {
  readonly texts: readonly string[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/** Above, comparing one after another costs more than the automaton. */
const TEXTS_MAX = 16;

/**
 * Characters that stand for themselves, escaped punctuation, and classes of one character such as `[.]`. ASCII alone:
 * there a UTF-16 code unit is a character.
 */
const UNIT = String.raw`(?:[\w :/,;@#%&=<>"'${"`"}~!-]|\\[.^$|?*+()[\]{}\\/-]|\[[\w.:/$*+?(){}|-]\])`;
/** A text, in which there may be one group of texts. */
const PLAIN = new RegExp(String.raw`^(\^|\\A)?(${UNIT}*)(?:\((?:\?:)?((?:${UNIT}|\|)*)\)(${UNIT}*))?(\$|\\z)?$`);
/**
 * At either end they say nothing: an unanchored search finds the same without them. Where the point is escaped, a lone
 * backslash is left, which is not plain.
 */
const OUTER_ANYTHING = /^\.\*|\.\*$/g;

/** undefined: it needs the automaton. */
export function plainExpression(source: string): PlainExpression | undefined {
  const match = PLAIN.exec(source.replace(OUTER_ANYTHING, ""));
  if (match === null) return undefined;
  const [, start, before = "", group, behind = "", end] = match;
  const alternatives = group === undefined ? [""] : alternativesOf(group);
  if (alternatives.length > TEXTS_MAX) return undefined;
  const texts = alternatives.map((alternative) => textOf(before + alternative + behind));
  return { texts, atStart: start !== undefined, atEnd: end !== undefined };
}

/** Splits at each `|` that is neither escaped nor in a class. */
function alternativesOf(group: string): readonly string[] {
  const alternatives = [""];
  for (const [unit] of group.matchAll(new RegExp(`${UNIT}|\\|`, "g"))) {
    if (unit === "|") alternatives.push("");
    else alternatives[alternatives.length - 1] += unit;
  }
  return alternatives;
}

function textOf(source: string): string {
  return source.replace(/\\(.)|\[(.)\]/g, "$1$2");
}

export function testPlain({ texts, atStart, atEnd }: PlainExpression, subject: string): boolean {
  for (let index = 0; index < texts.length; index++) {
    if (found(texts[index] as string, atStart, atEnd, subject)) return true;
  }
  return false;
}

function found(text: string, atStart: boolean, atEnd: boolean, subject: string): boolean {
  if (atStart) return atEnd ? subject === text : subject.startsWith(text);
  return atEnd ? subject.endsWith(text) : subject.includes(text);
}
