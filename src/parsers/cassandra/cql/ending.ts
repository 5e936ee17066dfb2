import { notUnderstood } from "./known-statements.ts";
import type { ParsedStatement, Statement } from "./statement.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Whether nothing of the statement is left. */
export function isEnd({ kind }: Tokenizer): boolean {
  return kind === "end" || kind === ";";
}

/** The statement, if only semicolons are from the present token to the end of the text: servers take any number of them. */
export function readEnd(tokens: Tokenizer, statement: Statement): ParsedStatement {
  let { kind } = tokens;
  while (kind === ";") kind = tokens.next();
  return kind === "end" ? statement : notUnderstood("the end of the statement is expected");
}

/**
 * The statement, whatever follows the present token up to the first semicolon: the grammar of statements that begin like
 * this one names nothing else there that policy knows. It is read only to be sure of where it ends.
 */
export function readToEnd(tokens: Tokenizer, statement: Statement): ParsedStatement {
  let { kind } = tokens;
  while (kind !== ";" && kind !== "end" && kind !== "invalid") kind = tokens.next();
  return readEnd(tokens, statement);
}
