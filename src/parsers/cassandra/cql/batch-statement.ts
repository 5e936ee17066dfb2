import { type DataVerb, readDataStatement, readRest } from "./data-statement.ts";
import { readEnd } from "./ending.ts";
import { notUnderstood } from "./known-statements.ts";
import type { Need, ParsedStatement } from "./statement.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * `BEGIN [UNLOGGED | COUNTER] BATCH [USING …] {child [;]} APPLY BATCH`, whose first word is the present token. The verbs of
 * children are reserved, and stand nowhere else in a batch: each begins a child, with or without a semicolon before it.
 */
export function parseBatchStatement(tokens: Tokenizer): ParsedStatement {
  const type = tokens.next();
  const batch = type === "UNLOGGED" || type === "COUNTER" ? tokens.next() : type;
  // Among others `BEGIN TRANSACTION` of later versions.
  if (batch !== "BATCH") return notUnderstood("BATCH is expected behind BEGIN");
  if (tokens.next() === "USING" && readRest(tokens)) return notUnderstood("IF is not expected in USING of a batch");

  const needs: Need[] = [];
  for (let verb = childVerb(tokens); verb !== undefined; verb = childVerb(tokens)) {
    const child = readDataStatement(verb, tokens);
    if (!child.understood) return child;
    needs.push(...child.needs);
    if (tokens.kind === ";") tokens.next();
  }
  if (tokens.kind !== "APPLY" || tokens.next() !== "BATCH") return notUnderstood("APPLY BATCH is expected");
  if (needs.length === 0) return notUnderstood("a batch without statements");
  tokens.next();
  return readEnd(tokens, { understood: true, needs, batch: true });
}

function childVerb({ kind }: Tokenizer): DataVerb | undefined {
  return kind === "INSERT" || kind === "UPDATE" || kind === "DELETE" ? kind : undefined;
}
