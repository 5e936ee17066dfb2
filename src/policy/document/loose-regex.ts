import { type RegexBranches, type RegexPiece, regexOutline } from "./regex-outline.ts";
import { quote } from "./source-node.ts";

/** How an expression matches more than it seems to say. */
interface Looseness {
  /** It does not begin where the value begins. */
  readonly anywhere: boolean;
  /** It ends with a word, and not where the value ends. */
  readonly open: boolean;
  /** A `.` that was meant to be a dot. */
  readonly dot: boolean;
  /** A `.*` that was meant to begin at a dot: `system.*` also matches `system_auth.roles`. */
  readonly wild: boolean;
}

/**
 * What is loose about an expression that is right in itself: it matches more than it seems to say. Expressions are
 * unanchored (RE2 search), so `sales` also allows `presales_internal`, `^sales` allows `sales_internal`, and `a.b`
 * allows `axb`. undefined: nothing.
 *
 * @param source It compiles.
 */
export function looseness(source: string): { readonly message: string; readonly hint: string } | undefined {
  const branches = regexOutline(source);
  const loose: Looseness = {
    anywhere: !isAnchored(branches),
    open: endsOpen(branches),
    dot: hasBareDot(branches),
    wild: branches.some((pieces) => wildWordAt(pieces) >= 0),
  };
  const messages = [
    ...(loose.anywhere ? ["matches anywhere in the value"] : loose.open ? ["matches longer values, too"] : []),
    ...(loose.dot ? ["has a `.`, which stands for any character"] : []),
    ...(loose.wild ? ["has a `.*`, which stands for any text, not for a dot and what follows"] : []),
  ];
  if (messages.length === 0) return undefined;
  const strict = strictForm(source, branches, loose);
  const hint = strict === undefined ? hintFor(loose) : `if nothing else is meant, write ${quote(strict)}`;
  return { message: messages.join(", and "), hint };
}

/** Every alternative begins where the value begins, or says itself that anything may come before. */
function isAnchored(branches: RegexBranches): boolean {
  return branches.every(([first]) => {
    if (first === undefined) return false;
    if (first.kind === "group") return isAnchored(first.branches);
    return first.kind === "start" || (first.kind === "any" && isEndless(first));
  });
}

function endsOpen(branches: RegexBranches): boolean {
  return branches.some((pieces) => {
    const last = pieces.at(-1);
    return last !== undefined && (last.kind === "group" ? endsOpen(last.branches) : isWord(last));
  });
}

function hasBareDot(branches: RegexBranches): boolean {
  return branches.some((pieces) =>
    pieces.some((piece, index) => (piece.kind === "group" ? hasBareDot(piece.branches) : isBareDot(pieces, index))),
  );
}

/** A dot between two things that match text, without a repetition. */
function isBareDot(pieces: readonly RegexPiece[], index: number): boolean {
  const piece = pieces[index];
  if (piece?.kind !== "any" || piece.repeated !== "") return false;
  return matchesText(pieces[index - 1]) && matchesText(pieces[index + 1]);
}

/** Where `.*` stands right behind the first word, or −1: behind any delimiter it is plain what may follow. */
function wildWordAt(pieces: readonly RegexPiece[]): number {
  const start = pieces.findIndex(({ kind }) => kind !== "start");
  const behind = pieces.findIndex((piece, index) => index >= start && !isWord(piece));
  const found = pieces[behind];
  return behind > start && found?.kind === "any" && isEndless(found) ? behind : -1;
}

function matchesText(piece: RegexPiece | undefined): boolean {
  if (piece === undefined) return false;
  return piece.kind === "literal" || piece.kind === "set" || piece.kind === "group";
}

function isWord(piece: RegexPiece): boolean {
  return piece.kind === "literal" && /\w/.test(piece.character);
}

function isEndless({ repeated }: RegexPiece): boolean {
  return repeated === "*" || repeated === "+";
}

/** What the expression was probably meant to be, where it is simple enough to tell. */
function strictForm(source: string, branches: RegexBranches, { open }: Looseness): string | undefined {
  const [pieces, more] = branches;
  // Neither the flags of `(?i)` nor the quotes of `\Q…\E` are in the outline.
  if (pieces === undefined || more !== undefined || /\(|\\Q/.test(source)) return undefined;
  let text = "^";
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === "start" && index === 0) continue;
    if (piece.kind === "end" && index === pieces.length - 1) text += "$";
    else if (piece.kind === "literal" && piece.repeated === "") text += piece.text;
    else if (piece.kind === "any" && piece.repeated === "") text += isBareDot(pieces, index) ? "[.]" : ".";
    else if (piece.kind === "any" && isEndless(piece))
      text += `${index === wildWordAt(pieces) ? "[.]" : ""}.${piece.repeated}`;
    else return undefined;
  }
  return open ? `${text}$` : text;
}

function hintFor({ anywhere, open, dot, wild }: Looseness): string {
  const steps = [
    ...(anywhere ? ["begin it, and each alternative, with `^`"] : []),
    ...(open ? ["end it with `$`"] : []),
    ...(dot || wild ? ["write `[.]` for a dot"] : []),
  ];
  return steps.join(", ");
}
