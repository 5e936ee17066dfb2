/** What is known of all texts that one part of a regular expression matches. An empty text says nothing. */
export interface Part {
  /** The only text that the part matches. */
  readonly exact: string | undefined;
  /** Every match begins with this, ends with this, contains this. */
  readonly prefix: string;
  readonly suffix: string;
  readonly longest: string;
  /** Every match contains this too, and it was found beside the text that makes `prefix`. */
  readonly rest: string;
  /** A match can only begin where the subject begins. */
  readonly anchored: boolean;
}

export const ANYTHING: Part = { exact: undefined, prefix: "", suffix: "", longest: "", rest: "", anchored: false };
export const EMPTY: Part = { ...ANYTHING, exact: "" };
export const TEXT_START: Part = { ...EMPTY, anchored: true };

export function literalPart(text: string): Part {
  return { exact: text, prefix: text, suffix: text, longest: text, rest: "", anchored: false };
}

/** `a` and then `b`. */
export function concatenate(a: Part, b: Part): Part {
  const joined = a.suffix + b.prefix;
  return {
    exact: a.exact !== undefined && b.exact !== undefined ? a.exact + b.exact : undefined,
    prefix: a.exact !== undefined ? a.exact + b.prefix : a.prefix,
    suffix: b.exact !== undefined ? a.suffix + b.exact : b.suffix,
    longest: longer(longer(a.longest, b.longest), joined),
    // While `a` is one text, all of it goes into the prefix, and so does the beginning of `b`.
    rest: a.exact !== undefined ? b.rest : longer(longer(a.rest, b.longest), joined),
    anchored: a.anchored || (a.exact === "" && b.anchored),
  };
}

/** `a|b`. */
export function either(a: Part, b: Part): Part {
  const prefix = commonPrefix(a.prefix, b.prefix);
  const suffix = commonSuffix(a.suffix, b.suffix);
  const same = a.exact !== undefined && a.exact === b.exact;
  return {
    exact: same ? a.exact : undefined,
    prefix,
    suffix,
    longest: longer(prefix, suffix),
    rest: same ? "" : suffix,
    anchored: a.anchored && b.anchored,
  };
}

/** `a` once or more (`least` ≥ 1): what every match of the part has, the whole has too. Else nothing is known. */
export function repeat(a: Part, least: number): Part {
  return least === 0 ? ANYTHING : { ...a, exact: undefined };
}

function longer(a: string, b: string): string {
  return b.length > a.length ? b : a;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function commonSuffix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return a.slice(a.length - length);
}
