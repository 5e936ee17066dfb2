import { type Choices, oneOf, seldom } from "./choices.ts";
import { aString } from "./literals.ts";
import { needsNoQuotes } from "./names.ts";
import type { Draft, Token } from "./token.ts";

/** What may stand between any two tokens. A first space keeps `-` and `/` from becoming comments. */
const GAPS = [
  ...[" ", "\n", "\t", "\r\n", "  ", " /**/ ", " /* FROM ks.t */", " /* ' */ ", ' /* " */\t', " /* $$ */"],
  ...[
    " -- FROM ks.t ' \" $$ /*\n",
    " // APPLY BATCH; '\r",
    " --\n",
    " /* /* */",
    " /***/",
    " /* -- */",
    " /* ;\0ä */ ",
  ],
];
/** Marks that need no gap before or behind them. */
const SELF_CONTAINED = /^[(),;[\]{}=]$/;
const ENDS = ["", ";", " ; ", ";;", "\n", " ; -- x\n", " /* ; */"];

/** Writes a statement down in one of the many ways that mean the same to policy. */
export function writeDraft({ tokens }: Draft, choices: Choices): string {
  let text = seldom(choices, 4) ? oneOf(choices, GAPS) : "";
  let before: Token | undefined;
  for (const token of tokens) {
    if (before !== undefined && !(mayTouch(before, token) && choices.below(2) === 1)) text += oneOf(choices, GAPS);
    text += written(token, choices);
    before = token;
  }
  return text + oneOf(choices, ENDS);
}

function mayTouch(one: Token, other: Token): boolean {
  return [one, other].some((token) => token.kind === "mark" && SELF_CONTAINED.test(token.text));
}

function written(token: Token, choices: Choices): string {
  switch (token.kind) {
    case "word":
      return inSomeCase(token.text, choices);
    case "name":
      if (!needsNoQuotes(token.value) || seldom(choices, 3)) return `"${token.value.replaceAll('"', '""')}"`;
      return inSomeCase(token.value, choices);
    case "string":
      // Half of them say something else.
      return inSomeQuotes(choices.below(2) === 0 ? token.value : aString(choices), choices);
    default:
      return token.text;
  }
}

function inSomeCase(text: string, choices: Choices): string {
  const style = choices.below(4);
  if (style === 0) return text.toLowerCase();
  if (style === 1) return text.toUpperCase();
  return [...text].map((letter) => (choices.below(2) === 0 ? letter.toLowerCase() : letter.toUpperCase())).join("");
}

function inSomeQuotes(content: string, choices: Choices): string {
  if (seldom(choices, 3) && !`${content}$`.includes("$$")) return `$$${content}$$`;
  return `'${content.replaceAll("'", "''")}'`;
}
