import { DATA_ACTIONS, type DataVerb, readRest, readTable } from "./data-statement.ts";
import { readEnd } from "./ending.ts";
import { notUnderstood, tableStatement } from "./known-statements.ts";
import { QualifiedName } from "./name.ts";
import type { Need, ParsedStatement } from "./statement.ts";
import type { Tokenizer } from "./tokenizer.ts";

const name = new QualifiedName();

/**
 * `BEGIN [UNLOGGED | COUNTER] BATCH [USING …] {child [;]} APPLY BATCH`, whose first word is the present token. The verbs of
 * children are reserved, and stand nowhere else in a batch: each begins a child, with or without a semicolon before it.
 */
export function parseBatchStatement(tokens: Tokenizer): ParsedStatement {
  const type = tokens.next();
  const batch = type === "UNLOGGED" || type === "COUNTER" ? tokens.next() : type;
  // Among others `BEGIN TRANSACTION` of later versions.
  if (batch !== "BATCH") return notUnderstood("BATCH is expected behind BEGIN");
  tokens.next();
  if (readRest(tokens)) return notUnderstood("IF is not expected before the first statement of a batch");

  const needs: Need[] = [];
  for (let verb = childVerb(tokens); verb !== undefined; verb = childVerb(tokens)) {
    const missing = readTable(verb, tokens, name);
    if (missing !== undefined) return notUnderstood(missing);
    const conditional = readRest(tokens);
    needs.push(...tableStatement(DATA_ACTIONS[verb], conditional, name).needs);
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
