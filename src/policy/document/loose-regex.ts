/**
 * What is loose about an expression that is right in itself: it matches more than it seems to say. Expressions are
 * unanchored (RE2 search), so `sales` also allows `presales_internal`, and `a.b` allows `axb`. undefined: nothing.
 */
export function looseness(source: string): { readonly message: string; readonly hint: string } | undefined {
  const unanchored = !branches(source).every((branch) => /^(\(\?[a-zA-Z]+\))?(\^|\\A|\.[*])/.test(branch));
  const dot = hasBareDot(source);
  if (unanchored && dot) {
    return {
      message: "matches anywhere in the value, and its `.` stands for any character",
      hint: "begin it with `^`, end it with `$`, and write `[.]` for a dot",
    };
  }
  if (unanchored) {
    return { message: "matches anywhere in the value", hint: "begin it with `^`, and end it with `$` if that is all" };
  }
  if (dot) return { message: "has a `.`, which stands for any character", hint: "write `[.]` for a dot" };
  return undefined;
}

/** Splits at each `|` that is outside of groups, classes and escapes. */
function branches(source: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (const { index, character, depth } of bareCharacters(source)) {
    if (character !== "|" || depth > 0) continue;
    found.push(source.slice(start, index));
    start = index + 1;
  }
  found.push(source.slice(start));
  return found;
}

/** A dot between two letters or digits, without a repetition: it was meant to be a dot. */
function hasBareDot(source: string): boolean {
  for (const { index, character } of bareCharacters(source)) {
    if (character !== ".") continue;
    if (/\w/.test(source.charAt(index - 1)) && /\w/.test(source.charAt(index + 1))) return true;
  }
  return false;
}

/** The characters of an expression that are neither escaped nor inside a class; `depth` counts the open groups. */
function* bareCharacters(source: string): Generator<{ index: number; character: string; depth: number }> {
  let depth = 0;
  let inClass = false;
  for (let index = 0; index < source.length; index++) {
    const character = source.charAt(index);
    if (character === "\\") index++;
    else if (inClass) inClass = character !== "]" || source.charAt(index - 1) === "[";
    else if (character === "[") inClass = true;
    else {
      if (character === "(") depth++;
      if (character === ")") depth--;
      yield { index, character, depth };
    }
  }
}
